// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"github.com/quoin-dev/quoin/clients/go/quointest"
)

const lease = 30 * time.Second

func TestWhatIsNoAddressIsRefusedAtOnce(t *testing.T) {
	for _, address := range []string{"not an address", ":1", "a:b:c", "host:none", "a,,b"} {
		if _, err := quoin.Dial(address); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
}

func TestAConnectionCanBeEncrypted(t *testing.T) {
	t.Parallel()
	certificate, key := makeCertificate(t)
	server := quointest.Start(t, "--tls-certificate", certificate, "--tls-key", key,
		"--tls-client-authorities", certificate)
	config := value[*tls.Config](t)(quoin.TLSFiles(certificate, certificate, key))
	friend := dial(t, server.Address(), quoin.WithTLS(config))
	value[*quoin.Lock](t)(friend.Locks.TryAcquire(limited(t), "report", lease))

	unknown := value[*tls.Config](t)(quoin.TLSFiles(certificate, "", ""))
	for who, option := range map[string]quoin.Option{
		"who shows no certificate":      quoin.WithTLS(unknown),
		"who does not trust the server": quoin.WithTLS(nil),
		"who does not encrypt":          quoin.WithDeadline(5 * time.Second),
	} {
		_, err := dial(t, server.Address(), quoin.WithDeadline(5*time.Second), option).Locks.Get(t.Context(), &locksv1.GetRequest{Name: "report"})
		if !errors.Is(err, quoin.ErrUnavailable) {
			t.Errorf("%s gets %v", who, err)
		}
	}
	if _, err := quoin.TLSFiles(key, "", ""); err == nil {
		t.Error("a key is taken for a certificate")
	}
}

func TestTwoNamespacesDoNotSeeEachOther(t *testing.T) {
	value[*quoin.Lock](t)(client(t).Locks.TryAcquire(limited(t), "report", lease))
	value[*quoin.Lock](t)(client(t).Locks.TryAcquire(limited(t), "report", lease))
}

func TestAClosedClientGivesBackWhatItHolds(t *testing.T) {
	namespace := quoin.WithNamespace(freshName())
	first, second := client(t, namespace), client(t, namespace)
	value[*quoin.Lock](t)(first.Locks.TryAcquire(limited(t), "report", lease))
	value[*quoin.Lock](t)(first.Locks.Hold(limited(t), "leader", quoin.HoldOptions{}))

	must(t, first.Close())

	value[*quoin.Lock](t)(second.Locks.TryAcquire(limited(t), "report", lease))
	value[*quoin.Lock](t)(second.Locks.TryAcquire(limited(t), "leader", lease))
	if _, err := first.Locks.Get(limited(t), &locksv1.GetRequest{Name: "report"}); !errors.Is(err, quoin.ErrClosed) {
		t.Errorf("a closed client fails with %v", err)
	}
	must(t, first.Close())
}

// makeCertificate makes files with a certificate for localhost that signs itself, and its key.
func makeCertificate(t *testing.T) (certificate, key string) {
	private := value[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "localhost"},
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
	}
	signed := value[[]byte](t)(x509.CreateCertificate(
		rand.Reader, template, template, &private.PublicKey, private))
	encoded := value[[]byte](t)(x509.MarshalPKCS8PrivateKey(private))
	return pemFile(t, "CERTIFICATE", signed), pemFile(t, "PRIVATE KEY", encoded)
}

func pemFile(t *testing.T, kind string, content []byte) string {
	path := filepath.Join(t.TempDir(), "file.pem")
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
	return path
}
