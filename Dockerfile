# The service as it runs in production: see docker-compose.yml for what it needs around it.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# Both caches outlive the layer: after a change of source the dependencies are not compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package api \
    && cp target/release/ansinh /usr/local/bin/ansinh

FROM debian:bookworm-slim
RUN groupadd --system --gid 10001 ansinh \
    && useradd --system --uid 10001 --gid ansinh --no-create-home --shell /usr/sbin/nologin ansinh
COPY --from=build /usr/local/bin/ansinh /usr/local/bin/ansinh
# Whom outside issuers' certificates are checked against.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
USER 10001:10001
ENV ANSINH_ENV=production \
    ANSINH_LISTEN=0.0.0.0:8080
EXPOSE 8080
# Alive, not ready: the service outlives a database that goes away, so that must not get it restarted.
# Debian's bash opens the socket itself; the image needs no curl.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; read -r _ status _ <&3; [ \"$status\" = 200 ]"]
ENTRYPOINT ["ansinh"]
CMD ["serve"]
