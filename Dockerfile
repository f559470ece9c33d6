# Images of the sample services and of local-env, for linux/amd64 and linux/arm64:
#
#   docker build --build-arg BIN=service1 --target service -t service1 .
#   docker build --build-arg BIN=local-env -t local-env .
#
# The compiler always runs on the machine's own processor and crosses to the image's.

FROM --platform=$BUILDPLATFORM rust:1-slim-trixie AS build
WORKDIR /src
COPY images images
ARG REGISTRY=
RUN images/registry
ARG TARGETARCH
RUN images/target /target.env
COPY . .
# `dev` is for those who wait: it builds in a third of the time, and the images are larger.
ARG PROFILE=release
ARG SOURCE_DATE_EPOCH=0
# One build for all binaries: what the services share is compiled once, and what has been compiled
# before is kept from build to build, apart for each processor.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=target-$TARGETARCH,sharing=locked \
    images/build

FROM scratch AS service
ARG BIN
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title=$BIN \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.licenses=Apache-2.0
COPY --from=build /out/$BIN /app
USER 65532:65532
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --start-interval=500ms \
    CMD ["/app", "healthcheck"]
ENTRYPOINT ["/app"]

FROM service AS local-env
COPY --from=build --chown=65532:65532 /data /data
