// Runs go-containerregistry's CheckPushPermission many times against one registry and says what it cost, as one line of JSON:
// the controller that this operator is measured against would do the same. The password comes on standard input.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

type cost struct {
	Probes int     `json:"probes"`
	Failed int     `json:"failed"`
	CPUMs  float64 `json:"cpuMs"`
	WallMs float64 `json:"wallMs"`
	P50Ms  float64 `json:"p50Ms"`
	P95Ms  float64 `json:"p95Ms"`
}

type settings struct {
	ref       name.Repository
	login     authn.Authenticator
	connected string
	dial      string
	roots     *x509.CertPool
}

func main() {
	repository := flag.String("repository", "", "HOST:PORT/NAME")
	dial := flag.String("dial", "", "the address that is connected to, whatever the host's name is")
	authority := flag.String("authority", "", "file with the trusted certificate, PEM")
	username := flag.String("username", "", "the login's user name")
	connected := flag.String("connections", "kept", "kept: shared by all probes; probe: one for each probe; request: one for each request")
	probes := flag.Int("probes", 1000, "how many")
	warmUp := flag.Int("warm-up", 100, "how many before, which do not count")
	concurrency := flag.Int("concurrency", 1, "how many at once")
	flag.Parse()

	ref, err := name.NewRepository(*repository)
	check(err)
	pem, err := os.ReadFile(*authority)
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		check(errors.New("no certificate in " + *authority))
	}
	password, err := io.ReadAll(os.Stdin)
	check(err)
	login := authn.FromConfig(authn.AuthConfig{Username: *username, Password: strings.TrimSpace(string(password))})
	s := settings{ref, login, *connected, *dial, roots}

	transports := make([]http.RoundTripper, 0)
	if *connected != "probe" {
		transports = append(transports, s.transport(*concurrency))
	}
	s.run(*warmUp, *concurrency, transports)
	before, started := cpu(), time.Now()
	times, failed := s.run(*probes, *concurrency, transports)
	wall := time.Since(started)
	// The cancels run beside the probes and belong to what they cost.
	time.Sleep(300 * time.Millisecond)
	used := cpu() - before
	slices.Sort(times)
	check(json.NewEncoder(os.Stdout).Encode(cost{
		*probes, failed, ms(used), ms(wall), ms(times[len(times)/2]), ms(times[len(times)*95/100]),
	}))
}

func (s settings) run(probes, concurrency int, shared []http.RoundTripper) ([]time.Duration, int) {
	var (
		lock   sync.Mutex
		group  sync.WaitGroup
		failed int
		times  = make([]time.Duration, 0, probes)
		turns  = make(chan struct{}, probes)
	)
	for range probes {
		turns <- struct{}{}
	}
	close(turns)
	for range concurrency {
		group.Go(func() {
			for range turns {
				started := time.Now()
				err := s.probe(shared)
				took := time.Since(started)
				lock.Lock()
				times = append(times, took)
				if err != nil {
					failed++
					fmt.Fprintln(os.Stderr, err)
				}
				lock.Unlock()
			}
		})
	}
	group.Wait()
	return times, failed
}

func (s settings) probe(shared []http.RoundTripper) error {
	var transport http.RoundTripper
	if len(shared) > 0 {
		transport = shared[0]
	} else {
		transport = s.transport(1)
	}
	return remote.CheckPushPermission(s.ref.Tag("latest"), keychain{s.login}, transport)
}

// Like http.DefaultTransport where it matters here, with as many idle connections as there are probes at once.
func (s settings) transport(idle int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, s.dial)
		},
		TLSClientConfig:     &tls.Config{RootCAs: s.roots},
		MaxIdleConnsPerHost: 2 * idle,
		DisableKeepAlives:   s.connected == "request",
		// A probe's own connection ends soon after its cancel, which nobody here can wait for.
		IdleConnTimeout: map[bool]time.Duration{true: 100 * time.Millisecond, false: 90 * time.Second}[s.connected == "probe"],
	}
}

type keychain struct{ login authn.Authenticator }

func (k keychain) Resolve(authn.Resource) (authn.Authenticator, error) { return k.login, nil }

// User and system time of this process so far.
func cpu() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ggcr:", err)
		os.Exit(1)
	}
}
