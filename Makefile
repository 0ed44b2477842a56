# Everything a developer or CI runs. `make` alone prints this menu.

MVN      := ./mvnw --batch-mode --no-transfer-progress
TOOLS    := target/tools
BUF      := $(TOOLS)/node_modules/.bin/buf
BUF_VERSION := 1.75.0
PROTOC_GEN_ES_VERSION := 2.17.0
GRPCURL  := $(TOOLS)/bin/grpcurl
GRPCURL_VERSION := v1.9.3
VENDOR   := target/vendor
JAR      := server/target/quoin.jar
ARCHIVE  := server/target/quoin.jsa
# Servers that tests start live for seconds: they load their classes from an archive, and do not optimize.
QUICK    := JDK_JAVA_OPTIONS='-XX:TieredStopAtLevel=1 -XX:SharedArchiveFile=$(CURDIR)/$(ARCHIVE)'
# What `make breaking` compares with; the last release unless it is set.
AGAINST  ?=
TALK     := clients/java/target/classpath
STUBS    := $(if $(shell command -v npm),$(BUF) $(VENDOR))
# Beside the runnable jar, which stays as it is.
RELIABILITY = $(MVN) -q -pl proto,server,reliability package -Dmaven.test.skip=true -Dmaven.shade.skip=true \
	  -Dquoin.test.standaloneOnly=true
# The parts of `make test`: all of them run, whatever becomes of the others.
PARTS    := maven console client-python client-typescript client-go quickstart
SOURCES  := $(shell find pom.xml proto server console/src \( -name target -o -path server/src/test \) -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help build cli run demo chat test maven clients console conformance delivery quickstart lint audit breaking generate format bench peers \
  chaos fuzz isolation dist image containers clean

help: ## print this menu
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: $(JAR) ## build the runnable jar, server/target/quoin.jar

cli: ## build the terminal, target/cli/quoin, one static program; needs Go
	@scripts/cli target/cli/quoin

dist: $(JAR) ## pack the server with launcher, terminal, configuration and systemd unit: target/dist/quoin-*.tar.gz
	@scripts/dist

image: ## build the container image with docker or podman, which fetch its base from a registry
	$(or $(shell command -v docker),podman) build -f deploy/Dockerfile -t quoin .

containers: $(JAR) ## test the image, and the server on a Redis in a container; needs docker, or podman and runc
	@scripts/test-containers

run: $(JAR) ## build what is not built and start the server on 127.0.0.1:7400 with its own Redis
	@exec java -jar $(JAR) serve

demo: $(JAR) $(TALK) ## start a server, play a shop and its community on it, and print the address of its console
	@scripts/demo $(JAR) "clients/java/target/test-classes:clients/java/target/classes:$$(cat $(TALK))"

chat: $(TALK) ## talk in the terminal: make chat NAME=ann, in another window NAME=bob
	@exec java -cp "clients/java/target/test-classes:clients/java/target/classes:$$(cat $(TALK))" \
	  ChatTerminal localhost:7400 $(or $(NAME),$(USER)) $(or $(ROOM),lobby)

ifdef FEATURE
test: $(JAR) $(STUBS) ## run all tests: server on one Redis and on a cluster, clients, README, guides; FEATURE=locks: one feature
	@scripts/test-feature $(FEATURE)
else
# Most tests wait for something most of the time: parts beside each other keep two cores busy.
test:
	@$(MAKE) --no-print-directory --output-sync=target -j3 $(JAR) $(ARCHIVE) $(STUBS)
	@rm -rf target/parts
	@$(MAKE) --no-print-directory --output-sync=target -j3 $(PARTS:%=part-%)
	@scripts/test-summary $(PARTS)
endif

# With a plus, so that what it prints appears at once.
part-maven:
	+@scripts/test-part maven
part-%:
	@scripts/test-part $*

maven: $(JAR) $(ARCHIVE)
	$(MVN) verify -Dmaven.shade.skip=true -Dquoin.test.jar=$(CURDIR)/$(JAR)

clients: client-go client-python client-typescript ## test the clients in Go, Python and TypeScript

client-python client-typescript: $(STUBS)
client-%: $(JAR) $(ARCHIVE)
	@$(QUICK) scripts/client test-$*

delivery: $(JAR) $(ARCHIVE) ## test what is delivered: the Java packages, the server's package, chart and compose files, the image
	@scripts/test-java
	@$(QUICK) scripts/client package-python
	@$(QUICK) scripts/test-dist $(GRPCURL) $(GRPCURL_VERSION)
	@scripts/test-charts
	@$(MAKE) --no-print-directory containers

console: $(JAR) $(ARCHIVE) ## test the console in a browser: pictures of all pages in console/target/screens
	@$(QUICK) scripts/console test

conformance: $(JAR) $(BUF) $(VENDOR) ## carry out the conformance cases with the clients of all languages
	@scripts/conformance

quickstart: $(JAR) $(ARCHIVE) ## run the commands of the README and the guides against a fresh server
	@$(QUICK) scripts/quickstart $(GRPCURL) $(GRPCURL_VERSION)
	@$(QUICK) scripts/docs-shell $(GRPCURL) $(GRPCURL_VERSION)

lint: $(BUF) $(VENDOR) ## check contract and code style
	$(BUF) lint
	$(BUF) format --diff --exit-code proto
	$(MVN) -q spotless:check
	@scripts/generated
	@scripts/console check

audit: $(JAR) ## check dependencies against the SBOM, their checksums and lock files, and for known holes where a tool is there
	@scripts/audit

breaking: $(BUF) $(VENDOR) ## check that the contract still serves the clients of the last release (or of AGAINST)
	@scripts/breaking $(BUF) $(VENDOR) $(AGAINST)

generate: $(BUF) $(VENDOR) ## write what is made from code and contract: pages of docs, service-config.json, stubs
	$(MVN) -q -pl proto,server,clients/java test -Dtest='GeneratedDocsTest,ObservabilityFilesTest,ServiceConfigTest' \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dquoin.test.standaloneOnly=true -Dquoin.docs=write
	@for language in go python typescript; do scripts/generate-$$language || exit 1; done

format: $(BUF) ## format contract and code
	$(BUF) format --write proto
	$(MVN) -q spotless:apply

bench: peers ## measure; a table in docs/performance.md, JSON in bench/target
	$(MVN) -q -pl proto,server,bench package -DskipTests
	java -jar bench/target/quoin-bench.jar --write-docs docs/performance.md $(BENCH)

peers: ## install what the benchmark compares with (needs npm and Go)
	-cd bench/peers/bullmq && npm install --no-save --silent --no-audit --no-fund
	-cd bench/peers/asynq && go build -o target/race .
	-cd bench/peers/centrifuge && go build -o target/fanout .

chaos: $(JAR) ## break servers, Redis and connections under load: make chaos MINUTES=10 SEED=1 REDIS=server,cluster
	$(RELIABILITY)
	if command -v go > /dev/null; then cd reliability/porcupine && go build -o ../target/porcupine .; fi
	java -jar reliability/target/quoin-reliability.jar chaos --server-jar $(JAR) \
	  $(if $(shell command -v go),--checker reliability/target/porcupine) \
	  $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(REDIS),--redis $(REDIS))

fuzz: $(JAR) ## send what the contract allows and forbids to every RPC: make fuzz REQUESTS=200000 SEED=1
	$(RELIABILITY)
	java -jar reliability/target/quoin-reliability.jar fuzz --server-jar $(JAR) \
	  $(if $(SEED),--seed $(SEED)) $(if $(REQUESTS),--requests $(REQUESTS))

isolation: $(JAR) ## call every RPC with what belongs to another namespace, with too much, and beyond quotas
	$(RELIABILITY)
	java -jar reliability/target/quoin-reliability.jar isolation --server-jar $(JAR) $(if $(SEED),--seed $(SEED))

clean: ## remove everything that was built
	rm -rf target */target clients/*/target bench/peers/*/target bench/peers/*/node_modules

$(TALK): $(shell find proto/quoin clients/java/src/main clients/java/examples clients/java/demo -type f 2>/dev/null)
	$(MVN) -q -pl proto,server,clients/java test-compile dependency:build-classpath \
	  -Dmdep.outputFile=target/classpath -Dmdep.includeScope=test
	@touch $@

# A message that is gone from the contract leaves its stub behind, which does not compile any more; a
# script that is gone would still be found.
$(JAR): $(SOURCES)
	@[ -z "$$(find proto/quoin -newer "$$(ls proto/target/*.jar 2> /dev/null | head -n 1)" -print -quit 2> /dev/null)" ] || rm -rf proto/target
	@rm -rf server/target/classes/lua
	$(MVN) -q -pl proto,server package -Dmaven.test.skip=true -Dquoin.test.standaloneOnly=true
	@touch $(JAR)

$(ARCHIVE): $(JAR)
	@scripts/class-archive $(CURDIR)/$(JAR) $(ARCHIVE)

$(BUF):
	npm install --silent --no-audit --no-fund --prefix $(TOOLS) --save-exact @bufbuild/buf@$(BUF_VERSION) \
	  @bufbuild/protoc-gen-es@$(PROTOC_GEN_ES_VERSION)

$(VENDOR): proto/pom.xml pom.xml
	$(MVN) -q -pl proto org.apache.maven.plugins:maven-dependency-plugin:unpack-dependencies \
	  -DincludeArtifactIds=proto-google-common-protos,protovalidate \
	  -Dmdep.unpack.includes='google/rpc/*.proto,buf/validate/*.proto' -DoutputDirectory=$(CURDIR)/$(VENDOR)
	@touch $(VENDOR)
