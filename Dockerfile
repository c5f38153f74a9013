# One image for all of Havn: what a container is, its command says (see docker-compose.yml). `tools/image` builds it.
# Who must have the same bytes for ever names the base by its digest: --build-arg PYTHON=python@sha256:...
ARG PYTHON=python:3.11-slim-bookworm
FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
WORKDIR /build
RUN python -m venv /opt/havn && python -m venv /opt/tools
# The dependencies first: they change seldom, and are taken only as the lock files' hashes have them.
COPY requirements.lock requirements-image.lock ./
RUN /opt/havn/bin/pip install --require-hashes --requirement requirements.lock \
    && /opt/tools/bin/pip install --require-hashes --requirement requirements-image.lock
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY services services
RUN /opt/tools/bin/hatchling build -t wheel -d dist \
    && /opt/havn/bin/pip install --no-deps dist/*.whl \
    && /opt/havn/bin/pip uninstall --quiet --yes pip setuptools
# What is in it, as CycloneDX. Then the same bytes at every build: Python's compiled files go by content, every time is one.
ARG SOURCE_DATE_EPOCH=0
RUN /opt/tools/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml \
        --output-file /opt/havn/sbom.cdx.json /opt/havn/bin/python \
    && find /opt/havn -name __pycache__ -prune -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/havn/lib \
    && mkdir -p /out/opt && mv /opt/havn /out/opt/ \
    && find /out -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

FROM ${PYTHON}
# A new volume has the owner of the folder that it is mounted over: without `keys` the master key's would be root's.
# What is written to `realm` Keycloak reads, as another user.
RUN groupadd --gid 10001 havn \
    && useradd --uid 10001 --gid havn --no-create-home --shell /usr/sbin/nologin havn \
    && install -d -o havn -g havn -m 0700 /var/lib/havn /var/lib/havn/keys \
    && install -d -o havn -g havn -m 0755 /var/lib/havn/realm
# The folder above it: one that COPY makes has the time of the build.
COPY --from=build /out /
ARG HAVN_COMMIT=unknown
LABEL org.opencontainers.image.title=Havn \
    org.opencontainers.image.licenses=MPL-2.0 \
    org.opencontainers.image.revision=$HAVN_COMMIT
# Nothing is written beside HAVN_HOME and /tmp, so the file system may be read-only.
ENV PATH=/opt/havn/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HAVN_COMMIT=$HAVN_COMMIT \
    HAVN_HOST=0.0.0.0 \
    HAVN_PORT=8000 \
    HAVN_HOME=/var/lib/havn
WORKDIR /var/lib/havn
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["havn", "--help"]
