// SPDX-License-Identifier: Apache-2.0
/// <reference lib="esnext.disposable" preserve="true" />
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How to start a server. */
export interface TestServerOptions {
  /** Path of the server's jar; the environment variable QUOIN_JAR by default. */
  jar?: string;
  /** The program java; `java` by default. It needs to be version 17 or newer. */
  java?: string;
  /** More flags of the server, for example `["--tls-key", "key.pem"]`. */
  flags?: readonly string[];
}

const STARTS_WITHIN = 60_000;

/** Quick to start, and small: tests do not need the optimising compiler. */
const SHORT_LIVED = ["-XX:TieredStopAtLevel=1", "-Xmx256m"];
const ENDS_WITHIN = 20_000;

/** Waits until its parent is gone, however that ended; then ends a process and removes a folder. */
const KEEPER =
  'read -r _; kill "$1"; n=0; while kill -0 "$1" && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done;' +
  ' kill -9 "$1"; rm -rf "$2"';

/**
 * A Quoin server of one's own for tests: on a free port of this machine, with an embedded Redis in
 * a temporary folder. It needs the server's jar and Java.
 */
export class TestServer implements AsyncDisposable {
  private constructor(
    private readonly options: TestServerOptions,
    private readonly folder: string,
    private process: ChildProcess,
    /** Where it serves, for `Quoin.connect`. */
    readonly address: string,
  ) {}

  /** Starts a server; fulfilled when it serves. */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), "quoin-test-"));
    try {
      const [child, address] = await launch(options, folder, "0");
      return new TestServer(options, folder, child, address);
    } catch (e) {
      await rm(folder, { recursive: true, force: true });
      throw e;
    }
  }

  /**
   * Stops the server and its Redis; the data stay for {@link restart}.
   *
   * @param signal SIGTERM lets open calls end, SIGKILL is a crash
   */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await end(this.process, signal);
  }

  /** Starts it again where it was, with the data it had. */
  async restart(): Promise<void> {
    await this.stop();
    const port = this.address.slice(this.address.lastIndexOf(":") + 1);
    [this.process] = await launch(this.options, this.folder, port);
  }

  /** Stops it and removes its data. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function launch(
  { jar = process.env.QUOIN_JAR, java = "java", flags = [] }: TestServerOptions,
  folder: string,
  port: string,
): Promise<[ChildProcess, string]> {
  if (!jar) {
    throw new TypeError("say where the server's jar is, by QUOIN_JAR or the option jar");
  }
  const own = ["--port", port, "--metrics-port", "0", "--data", join(folder, "data")];
  const http = flags.includes("--http-port") ? [] : ["--http-port", "0"];
  const more = ["--drain-timeout", "1s", ...http, ...flags];
  const serve = [...SHORT_LIVED, "-jar", jar, "serve", ...own, ...more];
  // Settings come from flags only, whatever this process has in its environment.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("QUOIN_")),
  );
  const child = spawn(java, serve, { env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  endWithParent(child, folder);
  const said: string[] = [];
  const alarm = setTimeout(kill, STARTS_WITHIN);
  try {
    return [child, await announced(child, said)];
  } catch (e) {
    kill();
    throw new Error(`the server did not start:\n${said.join("\n")}`, { cause: e });
  } finally {
    clearTimeout(alarm);
  }
}

/** Has a server end, and its folder removed, when this process ends, also when it is killed. */
function endWithParent(child: ChildProcess, folder: string): void {
  if (child.pid === undefined) {
    return; // it could not be started, which is told elsewhere
  }
  const of = ["-c", KEEPER, "quoin-test", `${child.pid}`, folder];
  const keeper = spawn("/bin/sh", of, { stdio: ["pipe", "ignore", "ignore"], detached: true });
  keeper.on("error", () => {
    // There is no shell: it ends with this process only when that ends by itself.
  });
  keeper.unref();
  (keeper.stdin as Socket | null)?.unref();
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => {
    process.off("exit", kill);
    keeper.kill("SIGKILL");
  });
}

/** Waits for the line in which the server says where it serves. */
function announced(child: ChildProcess, said: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => reject(new Error("it ended")));
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output as NodeJS.ReadableStream }).on("line", (line) => {
        if (said.length < 200) {
          said.push(line);
        }
        const serves = /^Quoin \S+ serves (\S+) with/.exec(line);
        if (serves?.[1]) {
          resolve(serves[1]);
        }
      });
    }
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, "exit");
  child.kill(signal);
  const alarm = setTimeout(() => child.kill("SIGKILL"), ENDS_WITHIN);
  await ended;
  clearTimeout(alarm);
}
