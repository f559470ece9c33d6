# docker buildx bake        builds all images for this machine
# docker buildx bake push   builds the services' for amd64 and arm64 and pushes them to REGISTRY

variable "REGISTRY" {
  # For ECR: 111122223333.dkr.ecr.eu-central-1.amazonaws.com, with your account and region.
  default = ""
}

variable "IMAGE_TAG" {
  default = "latest"
}

variable "REVISION" {
  default = "unknown"
}

variable "SOURCE" {
  default = ""
}

# Seconds since 1970 that files and images are dated at: the same commit gives the same digest.
variable "SOURCE_DATE_EPOCH" {
  default = "0"
}

group "default" {
  targets = ["local"]
}

group "push" {
  targets = ["pushed"]
}

target "local" {
  matrix = { bin = ["service1", "service2", "service3", "local-env"] }
  name   = bin
  target = bin == "local-env" ? "local-env" : "service"
  args = {
    BIN               = bin
    REVISION          = REVISION
    SOURCE            = SOURCE
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
  }
  tags   = ["${bin}:${IMAGE_TAG}"]
  output = ["type=docker"]
}

target "pushed" {
  matrix    = { bin = ["service1", "service2", "service3"] }
  name      = "${bin}-pushed"
  target    = "service"
  platforms = ["linux/amd64", "linux/arm64"]
  args = {
    BIN               = bin
    REVISION          = REVISION
    SOURCE            = SOURCE
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
    # The build judges it, and stops before anything is pushed.
    REGISTRY = REGISTRY == "" ? "unset" : REGISTRY
  }
  # A tag has to have the form of one for the build to get as far as that.
  tags = ["${length(regexall("^[a-z0-9.:/_-]*[a-z0-9]$", REGISTRY)) > 0 && length(regexall("://", REGISTRY)) == 0 ? REGISTRY : "refused"}/${bin}:${IMAGE_TAG}"]
  output = ["type=image,push=true"]
}
