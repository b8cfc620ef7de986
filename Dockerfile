# syntax=docker/dockerfile:1
# The gateway with its pages, as one image. Build: docker build -t hutong .

FROM node:22-bookworm-slim AS pages
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
COPY web/api-client/package.json api-client/
COPY web/sdk/package.json sdk/
COPY web/ui/package.json ui/
COPY web/widget/package.json widget/
COPY web/desk/package.json desk/
COPY web/sample-site/package.json sample-site/
COPY web/sample-app/package.json sample-app/
COPY web/e2e/package.json e2e/
RUN npm ci
COPY web/ ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS gateway
# The embedded SQLite is compiled from C.
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
# The image's own compiler is the pinned one; nothing more is fetched for it.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package gateway --bin hutong \
    && cp target/release/hutong /usr/local/bin/hutong

FROM debian:bookworm-slim
# redis-server is for a gateway that embeds its own; curl asks for its health.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl redis-server tini tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/hutong hutong \
    && install -d -o hutong -g hutong -m 0700 /var/lib/hutong
COPY --from=gateway /usr/local/bin/hutong /usr/local/bin/hutong
COPY --from=pages /src/web/desk/dist /usr/share/hutong/web/desk/dist
COPY --from=pages /src/web/widget/dist /usr/share/hutong/web/widget/dist
COPY --from=pages /src/web/sample-site/dist /usr/share/hutong/web/sample-site/dist
COPY --from=pages /src/web/sample-app/dist /usr/share/hutong/web/sample-app/dist
ENV HUTONG__DATA_DIR=/var/lib/hutong \
    HUTONG__SERVER__LISTEN=0.0.0.0:8080 \
    HUTONG__WEB__ROOT=/usr/share/hutong/web \
    HUTONG__LOG__FORMAT=json
USER hutong
VOLUME /var/lib/hutong
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:8080/healthz"]
# tini reaps the embedded Redis when there is one.
ENTRYPOINT ["tini", "--", "hutong"]
CMD ["serve"]
