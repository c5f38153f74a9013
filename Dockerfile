# One image for all of Havn: what a container is, its command says (see docker-compose.yml).
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/havn
# The dependencies first: they change seldom, and are taken only as the lock file's hashes have them.
COPY requirements.lock ./
RUN /opt/havn/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY services services
RUN /opt/havn/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
# A new volume has the owner of the folder that it is mounted over: without `keys` the master key's would be root's.
RUN groupadd --gid 10001 havn \
    && useradd --uid 10001 --gid havn --no-create-home --shell /usr/sbin/nologin havn \
    && install -d -o havn -g havn -m 0700 /var/lib/havn /var/lib/havn/keys
COPY --from=build /opt/havn /opt/havn
# Nothing is written beside HAVN_HOME, so the file system may be read-only.
ENV PATH=/opt/havn/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HAVN_HOST=0.0.0.0 \
    HAVN_PORT=8000 \
    HAVN_HOME=/var/lib/havn
WORKDIR /var/lib/havn
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["havn", "--help"]
