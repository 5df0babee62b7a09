# syntax=docker/dockerfile:1
# One image for server, gateway, worker and everything in one process: the command says which.
ARG PYTHON=python:3.11.15-slim-trixie@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93

FROM ${PYTHON} AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /src
COPY deploy/build.lock deploy/
RUN python -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --require-hashes -r deploy/build.lock
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/zerokerf && \
    /opt/build/bin/uv pip install --python /opt/zerokerf/bin/python --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY zerokerf zerokerf
COPY server server
COPY storage storage
COPY gateway gateway
RUN /opt/build/bin/python -m hatchling build -t wheel -d dist && \
    /opt/build/bin/uv pip install --python /opt/zerokerf/bin/python --no-deps dist/*.whl

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Zerokerf" \
      org.opencontainers.image.description="Cuts long recordings into exact segments, as durable jobs over gRPC and REST." \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-or-later"
RUN groupadd --gid 10001 zerokerf && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin zerokerf && \
    install -d -m 0700 -o zerokerf -g zerokerf /var/lib/zerokerf /var/lib/zerokerf-scratch
COPY --from=build /opt/zerokerf /opt/zerokerf
COPY --chmod=0444 deploy/health.py /opt/zerokerf/health.py
# Nothing is written beside the code: the image runs on a read-only root file system.
ENV PATH=/opt/zerokerf/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ZEROKERF_DATA_DIR=/var/lib/zerokerf \
    ZEROKERF_SCRATCH_DIR=/var/lib/zerokerf-scratch
USER 10001:10001
WORKDIR /var/lib/zerokerf
EXPOSE 8080 50051
ENTRYPOINT ["zerokerf"]
CMD ["serve"]
