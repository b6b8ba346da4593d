#!/usr/bin/env sh
# Log a program that was not changed: one command, and every call to an LLM is in logs/app.jsonl.
#
#   pip install hilt opentelemetry-distro openai
#   sh examples/auto_agent.sh app.py
#
# Beside an exporter of your own: OTEL_TRACES_EXPORTER=otlp,hilt_jsonl
# Into a Google Sheet:            OTEL_TRACES_EXPORTER=hilt_sheets GOOGLE_SHEET_ID=...
# Without what was said:          HILT_CAPTURE_CONTENT=false
# Several web workers:            sh examples/auto_agent.sh -m gunicorn -w 4 app:app
set -eu

: "${HILT_FILEPATH:=logs/app.jsonl}"
: "${OTEL_TRACES_EXPORTER:=hilt_jsonl}"
: "${OTEL_METRICS_EXPORTER:=none}"
: "${OTEL_LOGS_EXPORTER:=none}"
export HILT_FILEPATH OTEL_TRACES_EXPORTER OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER

exec opentelemetry-instrument python "$@"
