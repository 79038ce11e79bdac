FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && rm -r dist/*.tsbuildinfo dist/explorer/modules*

# The package `node` is a development dependency: the image brings the runtime itself.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production
# Proxies find out that a stopping service is not ready before it refuses requests.
ENV DRAIN_SECONDS=5
# See "Memory" in docs/operations.md.
ENV GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.top_pad=6291456
ENV NODE_OPTIONS="--max-semi-space-size=32 --max-old-space-size=512"
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
# Nothing below /app is written; data/ is for a log file or an SQLite database on a volume.
RUN mkdir data && chown node:node data
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm between: SIGTERM reaches the service, which lets requests in progress finish.
CMD ["node", "dist/main.js"]
