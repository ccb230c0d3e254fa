// Password files for the registries of tests and the demo.
module registry-push-check/tools/htpasswd

go 1.26.0

require golang.org/x/crypto v0.57.0
