# The service as an image: `docker build -t sla-timer .`
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/sla-timer \
    && /opt/sla-timer/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt \
    && pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.txt
COPY pyproject.toml requirements.in ./
COPY schemas schemas
COPY service service
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
    && /opt/sla-timer/bin/pip install --no-cache-dir --no-deps /tmp/wheel/*.whl

FROM python:3.11-slim-bookworm
COPY --from=build /opt/sla-timer /opt/sla-timer
WORKDIR /app
COPY policies policies
# A volume mounted here is the user's, too.
RUN install -d -o 10001 -g 10001 /run/sla-timer
ENV PATH=/opt/sla-timer/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SLA_LOG=json
USER 10001:10001
EXPOSE 8080
# Alive, not ready: with Kafka away a restart would help nobody. By no proxy: Docker's client may set one.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:8080/livez', timeout=2)"]
ENTRYPOINT ["sla-timer"]
CMD ["run"]
