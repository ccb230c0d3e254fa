# The version that the tests run on (scripts/node/package.json); what is tested is what ships.
ARG NODE_VERSION=26.10.0

FROM node:${NODE_VERSION}-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# A workspace of the lock file. What it would install is the Node that this image has already: --workspaces=false.
COPY scripts/node/package.json scripts/node/
RUN npm ci --workspaces=false
COPY tsconfig.json ./
COPY crds/ crds/
COPY scripts/build.ts scripts/licences.ts scripts/
COPY src/ src/
RUN npm run build

FROM node:${NODE_VERSION}-slim
ARG NODE_VERSION
LABEL org.opencontainers.image.title="registry-push-check" \
      org.opencontainers.image.description="Kubernetes operator that answers: can this Secret push to that registry?" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:${NODE_VERSION}-slim"
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE ./
# The bundle is all there is: no node_modules. The licences of what went into it lie beside it.
COPY --from=build /src/dist/ dist/
# By number, so that a kubelet can see that it is not root (runAsNonRoot).
USER 65532:65532
EXPOSE 8080
# A small heap, and neither a prototype nor an inspector back door.
ENTRYPOINT ["node", "--optimize-for-size", "--max-semi-space-size=2", "--max-old-space-size=96", "--disable-proto=delete", "--disable-sigusr1", "/app/dist/cli.js"]
CMD ["controller"]
