#!/bin/sh
# Prints a template of nginx's configuration, the argument, with the names in NGINX_… and PORTAL_… filled in.
set -eu

# As large as the largest message, and 2 MB of text beside it: what is smaller the portal judges itself, in words.
NGINX_MEGABYTES=$((${PORTAL_FILES_PER_MESSAGE:-20} * ${PORTAL_FILE_MEGABYTES:-25} + 2))
NGINX_RELEASE_MEGABYTES=$((${PORTAL_RELEASE_FILE_MEGABYTES:-4096} + 2))
NGINX_RESOLVER=${NGINX_RESOLVER:-$(awk '$1 == "nameserver" { print ($2 ~ /:/) ? "[" $2 "]" : $2; exit }' /etc/resolv.conf)}
PORTAL_URL=${PORTAL_URL%/}
export NGINX_MEGABYTES NGINX_RELEASE_MEGABYTES NGINX_RESOLVER PORTAL_URL

# Named one by one: nginx's own variables look the same and must stay.
# shellcheck disable=SC2016
envsubst '$NGINX_CACHE $NGINX_FILES $NGINX_HTTP $NGINX_HTTPS $NGINX_LOG $NGINX_MEGABYTES $NGINX_PAGES
    $NGINX_RELEASE_MEGABYTES $NGINX_RESOLVER $NGINX_RUN $NGINX_TLS $NGINX_UPSTREAM $PORTAL_URL' <"$1"
