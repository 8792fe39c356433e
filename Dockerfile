# One image for web, worker, beat and migrate; the command says which.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /venv
COPY requirements.lock requirements-build.lock ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock \
 && python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY notifier notifier
COPY workers workers
COPY templates templates
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /venv/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM python:3.13.9-slim-bookworm
LABEL org.opencontainers.image.title="notifier" org.opencontainers.image.licenses="MIT"
# A number, so that an orchestrator can see that it is not root.
RUN groupadd --gid 10001 notifier && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin notifier \
 && install -d -o 10001 -g 10001 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
USER 10001:10001
EXPOSE 8000
# Of `serve`, the default command; the compose file gives worker and beat checks of their own.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=4 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["notifier"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
