# Dockerfile — Postrider on a slim Debian. Tests/docker/check.sh holds the runtime's packages against the program.

FROM swift:6.3-bookworm AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libcurl4-openssl-dev libidn2-dev libsqlite3-dev libssl-dev libunbound-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift openapi.yaml ./
COPY Benchmarks Benchmarks
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product postrider

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libidn2-0 libsqlite3-0 libssl3 libstdc++6 libunbound8 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin postrider \
    && install -d -m 0700 -o postrider -g postrider /data
COPY --from=builder /source/.build/release/postrider /usr/local/bin/postrider
USER postrider
WORKDIR /data
VOLUME /data
ENV POSTRIDER_DATA_DIRECTORY=/data POSTRIDER_HTTP_LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["postrider", "healthcheck"]
ENTRYPOINT ["postrider"]
CMD ["serve"]
