# Two images of one release: `app` runs web, worker, clock and migrations; `proxy` is nginx with the portal's configuration.
# No secret is needed to build them and none is inside.

FROM python:3.11-slim AS libraries
RUN python -m venv /opt/portal
COPY requirements-s3.txt .
RUN /opt/portal/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements-s3.txt


FROM python:3.11-slim AS app
ENV PATH=/opt/portal/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PORTAL_ENV=production \
    PORTAL_STATIC=/srv/static \
    PORTAL_VAR=/var/lib/portal
# Fixed numbers: the proxy reads stored files by this group, and the owner of a folder mounted here must be this user.
RUN groupadd --gid 10001 portal \
    && useradd --uid 10001 --gid portal --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portal \
    && install --directory --owner=portal --group=portal --mode=0750 $PORTAL_VAR $PORTAL_VAR/files $PORTAL_VAR/files/tmp
COPY --from=libraries /opt/portal /opt/portal
WORKDIR /srv/portal
COPY . .
RUN python -m compileall -q . && python manage.py collectstatic --noinput
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "deploy/ask_health.py"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "3", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--log-level", "error", "--max-requests", "10000", "--max-requests-jitter", "1000", "--limit-request-line", "0"]


FROM nginx:1.28 AS proxy
# Ports, upstream and folders of the configuration, which deploy/nginx/start.sh fills in.
ENV NGINX_HTTP=8080 \
    NGINX_HTTPS=8443 \
    NGINX_UPSTREAM=web:8000 \
    NGINX_FILES=/var/lib/portal/files \
    NGINX_PAGES=/srv/nginx \
    NGINX_TLS=/etc/portal-tls \
    NGINX_CACHE=/var/cache/nginx \
    NGINX_LOG=/dev/stdout \
    NGINX_RUN=/run/portal
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl gettext-base openssl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 portal \
    && install --directory --owner=nginx --group=portal --mode=0750 $NGINX_CACHE $NGINX_RUN $NGINX_TLS
COPY deploy/nginx /srv/nginx
USER nginx:portal
EXPOSE 8080 8443
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:8080/"]
ENTRYPOINT ["/srv/nginx/start.sh"]
