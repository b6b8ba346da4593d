#!/usr/bin/env sh
# Log every call to an LLM that a program makes, without changing the program.
#
#   pip install hilt opentelemetry-distro openai
#   sh examples/auto_agent.sh app.py
#
# With another exporter:  OTEL_TRACES_EXPORTER=otlp,hilt_jsonl
# To a Google Sheet:      OTEL_TRACES_EXPORTER=hilt_sheets GOOGLE_SHEET_ID=...
# Without content:        HILT_CAPTURE_CONTENT=false
# With several workers:   sh examples/auto_agent.sh -m gunicorn -w 4 app:app
set -eu

: "${HILT_FILEPATH:=logs/app.jsonl}"
: "${OTEL_TRACES_EXPORTER:=hilt_jsonl}"
: "${OTEL_METRICS_EXPORTER:=none}"
: "${OTEL_LOGS_EXPORTER:=none}"
export HILT_FILEPATH OTEL_TRACES_EXPORTER OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER

exec opentelemetry-instrument python "$@"
