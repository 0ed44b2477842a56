// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quoin-dev/quoin/clients/go/quointest"
)

func TestProfilesAreKeptForTheirOwner(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t)
	terminal.env = terminal.env[:len(terminal.env)-1] // without a namespace
	equal(t, "set", terminal.ok("profile", "set", "here", "--address", address(t), "--namespace", "shop-profile"), "")
	equal(t, "with a token", terminal.feed("secret\n", "profile", "set", "there", "--address", "quoin.example:7400", "--token-stdin", "--tls").code, 0)
	terminal.ok("profile", "use", "here")
	listed := terminal.ok("profile", "list")
	equal(t, "list", strings.ReplaceAll(listed, address(t), "localhost:00000"), strings.TrimPrefix(`
   NAME   ADDRESS             NAMESPACE     TOKEN  TLS
*  here   localhost:00000     shop-profile  -      -
   there  quoin.example:7400  -             kept   yes
`, "\n"))
	file := filepath.Join(terminal.home, ".config", "quoin", "config.yaml")
	about, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "mode", about.Mode().Perm(), 0o600)

	terminal.ok("counters", "increment", "hits")
	equal(t, "of the profile", terminal.ok("counters", "list"), "hits\n")
	equal(t, "flags go first", terminal.ok("counters", "list", "-n", "elsewhere-profile"), "")
	terminal.env = append(terminal.env, "QUOIN_NAMESPACE=elsewhere-profile")
	equal(t, "then the environment", terminal.ok("counters", "list"), "")

	terminal.ok("profile", "set", "here", "--namespace", "")
	contains(t, terminal.ok("profile", "list"), "*  here   localhost:", "  -          -      -")
	terminal.ok("profile", "delete", "here")
	terminal.refused(exitUsage, `there is no profile "here"`, "profile", "use", "here")
	terminal.refused(exitUsage, "cannot be the name of a profile", "profile", "set", "a/b")
	terminal.refused(exitUsage, "there is no token on the standard input", "profile", "set", "x", "--token-stdin")

	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	terminal.refused(exitUsage, "holds a token and can be read by others: chmod 600", "locks", "list")
	if err := os.WriteFile(file, []byte("profiles:\n  a: {adress: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	terminal.refused(exitUsage, "field adress not found", "locks", "list")
}

func TestATokenIsNotSentForEverybodyToRead(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t, "QUOIN_TOKEN=secret", "QUOIN_ADDRESS=quoin.invalid:7400")
	terminal.refused(exitUsage, "the token would go to quoin.invalid:7400 for everybody to read", "locks", "list", "--plaintext")
	for _, loopback := range []string{"localhost:1", "127.0.0.1:1", "[::1]:1"} {
		terminal.refused(exitUnavailable, "no server answers", "locks", "list", "--plaintext", "--address", loopback)
	}
	got := terminal.run("locks", "list", "--plaintext", "--token-in-plaintext")
	equal(t, "asked for", got.code, exitUnavailable)
	if strings.Contains(got.errors, "secret") {
		t.Error("the token is shown")
	}
	for addresses, want := range map[string]bool{
		"localhost": true, "127.0.0.2:7": true, "::1": true, "[::1]:7": true, "unix:/run/q": true, "localhost:1,127.0.0.1:2": true,
		"localhost:1,10.0.0.1:2": false, "localhost.example:1": false, "0.0.0.0:1": false, "": false, "dns:///localhost:1": false,
	} {
		equal(t, addresses, isLoopback(addresses), want)
	}
}

const testPolicy = `
roles:
  worker: [{quoin.locks.v1.Locks: write}]
bindings:
  - {role: worker, principals: [orders], namespaces: [shop]}
`

// TestAServerThatKnowsItsCallers also has no reflection for anybody: the commands are those the program
// carries.
func TestAServerThatKnowsItsCallers(t *testing.T) {
	t.Parallel()
	address(t) // the jar is there
	folder := t.TempDir()
	made, err := exec.Command("java", "-XX:TieredStopAtLevel=1", "-jar", jar(t), "token", "new", "--principal", "orders").Output()
	if err != nil {
		t.Fatal(err)
	}
	token, kept, _ := strings.Cut(string(made), "\n")
	files := map[string]string{}
	for name, content := range map[string]string{"tokens.yaml": kept, "policy.yaml": testPolicy, "token": token + "\n"} {
		files[name] = filepath.Join(folder, name)
		if err := os.WriteFile(files[name], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, key := selfSigned(t, folder)
	server := quointest.Start(t, "--tokens", files["tokens.yaml"], "--policy", files["policy.yaml"], "--tls-certificate", certificate, "--tls-key", key)
	terminal := newTerminal(t, "QUOIN_ADDRESS="+server.Address(), "QUOIN_NAMESPACE=shop")
	terminal.refused(exitUnavailable, "no server answers", "locks", "list")
	terminal.refused(exitDenied, "(UNAUTHENTICATED)", "locks", "list", "--tls-ca", certificate)
	terminal.ok("profile", "set", "default", "--tls-ca", certificate, "--token-file", files["token"])
	contains(t, terminal.ok("locks", "acquire", "report"), "acquired     true")
	terminal.refused(exitDenied, "(PERMISSION_DENIED)", "locks", "revoke", "report")
	terminal.refused(exitDenied, "(PERMISSION_DENIED)", "locks", "list", "-n", "bank")
	if err := os.WriteFile(files["token"], []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	terminal.refused(exitDenied, "(UNAUTHENTICATED)", "locks", "list")
	if err := os.WriteFile(files["token"], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	terminal.refused(exitUsage, "holds no token", "locks", "list")
}

// jar is that of the server, as quointest finds it.
func jar(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("QUOIN_JAR"); named != "" {
		return named
	}
	return filepath.Join("..", "..", "..", "..", "server", "target", "quoin.jar")
}

func selfSigned(t *testing.T, folder string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "quoin"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
	for name, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}
