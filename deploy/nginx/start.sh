#!/bin/sh
# The proxy of a container: a certificate, the configuration with this installation's names, and nginx.
set -eu
here=$(dirname "$0")

host=${PORTAL_URL#*://}
"$here/certificate.sh" "$NGINX_TLS" "${host%%[:/]*}"
"$here/render.sh" "$here/nginx.conf.template" >"$NGINX_RUN/nginx.conf"
"$here/render.sh" "$here/portal.conf.template" >"$NGINX_RUN/portal.conf"
exec nginx -e stderr -c "$NGINX_RUN/nginx.conf" -g 'daemon off;'
