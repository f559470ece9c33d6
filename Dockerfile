# Images of the sample services and of local-env, for linux/amd64 and linux/arm64:
#
#   docker build --build-arg BIN=service1 -t service1 .
#   docker build --target local-env -t local-env .
#
# The compiler always runs on the machine's own processor and crosses to the image's.

FROM --platform=$BUILDPLATFORM rust:1-slim-trixie AS build
ARG TARGETARCH
WORKDIR /src

# The target's name in Rust and in GNU's tools, for the steps that follow.
RUN <<'SH'
set -eu
case "$TARGETARCH" in
  amd64) echo 'target=x86_64-unknown-linux-gnu gnu=x86_64-linux-gnu packages="gcc-x86-64-linux-gnu libc6-dev-amd64-cross" machine=3e' ;;
  arm64) echo 'target=aarch64-unknown-linux-gnu gnu=aarch64-linux-gnu packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" machine=b7' ;;
  *) echo "There is no image for the processor \"$TARGETARCH\"; there are amd64 and arm64." >&2; exit 1 ;;
esac > /target.env
. /target.env
rustup target add "$target"
if ! command -v "$gnu-gcc" > /dev/null; then
  apt-get update
  apt-get install --yes --no-install-recommends $packages
  rm -rf /var/lib/apt/lists/*
fi
SH

# Where images are to be pushed is judged before any are built.
ARG REGISTRY=
RUN <<'SH'
set -eu
case "$REGISTRY" in
  '') ;;
  none)
    echo "REGISTRY is not set; wanted is the registry to push to, such as 111122223333.dkr.ecr.eu-central-1.amazonaws.com." >&2
    exit 1 ;;
  *ACCOUNT*|*REGION*|*'<'*|*'$'*)
    echo "REGISTRY is \"$REGISTRY\", which still has a placeholder; wanted is 111122223333.dkr.ecr.eu-central-1.amazonaws.com, with your account and region." >&2
    exit 1 ;;
  *://*|*/)
    echo "REGISTRY is \"$REGISTRY\"; it takes a host without a scheme and without a slash at its end." >&2
    exit 1 ;;
esac
SH

COPY . .

# `dev` is for those who wait: it builds in a third of the time, and the images are larger.
ARG PROFILE=release

# One build for all binaries: what the services share is compiled once, and what has been compiled
# before is kept from build to build, apart for each processor.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=target-$TARGETARCH,sharing=locked <<'SH'
set -eu
. /target.env
upper=$(echo "$target" | tr 'a-z-' 'A-Z_')
export "CARGO_TARGET_${upper}_LINKER=$gnu-gcc" "CC_$(echo "$target" | tr - _)=$gnu-gcc"
export RUSTFLAGS='-C target-feature=+crt-static'
cargo build --profile "$PROFILE" --locked --target "$target" -p service1 -p service2 -p service3 -p local-env
folder=$PROFILE
[ "$PROFILE" != dev ] || folder=debug
mkdir /out /data
for bin in service1 service2 service3 local-env; do
  cp "target/$target/$folder/$bin" /out/
  # Byte 18 of an ELF file names its processor.
  if [ "$(od -An -tx1 -j18 -N1 "/out/$bin" | tr -d ' ')" != "$machine" ]; then
    echo "$bin was built for another processor than $TARGETARCH; nothing is pushed." >&2
    exit 1
  fi
done
SH

FROM scratch AS service
ARG BIN
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title=$BIN \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.licenses=Apache-2.0
COPY --from=build /out/$BIN /app
USER 65532:65532
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --start-interval=500ms CMD ["/app", "healthcheck"]
ENTRYPOINT ["/app"]

FROM service AS local-env
COPY --from=build --chown=65532:65532 /data /data
