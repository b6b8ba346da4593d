#!/usr/bin/env sh
# Log every call to an LLM that a program makes, without changing the program, and show the calls.
#
#   pip install ".[openai]" opentelemetry-distro
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

# The program runs beside this script, which passes on the signals that end it.
exec 3<&0 # What runs beside a script would read nothing otherwise.
opentelemetry-instrument python "$@" <&3 &
program=$!
trap 'kill -TERM "$program"' TERM INT
status=0
wait "$program" || status=$?
# A signal ends the first wait early: the program may still be closing.
while kill -0 "$program" 2>/dev/null; do wait "$program" || status=$?; done

case $OTEL_TRACES_EXPORTER in
*hilt_jsonl*) hilt tail "$HILT_FILEPATH" || true ;;
esac
exit "$status"
