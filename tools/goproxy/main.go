// A forward proxy for the tests of HTTPS_PROXY: elazarl/goproxy, which opens tunnels (CONNECT) and looks into none.
// Says on standard output, a line each, what it was asked: "HOST:PORT opened", "… login refused" or "… refused".
package main

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/elazarl/goproxy"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	certificate := flag.String("certificate", "", "file with the certificate, PEM: clients then speak TLS to the proxy")
	key := flag.String("key", "", "file with its key, PEM")
	names := flag.String("names", "", "names that lead to 127.0.0.1, with commas between them")
	forbidden := flag.String("forbid", "", "HOST:PORT that no tunnel leads to")
	flag.Parse()
	login := os.Getenv("PROXY_LOGIN")

	proxy := goproxy.NewProxyHttpServer()
	proxy.Logger = log.New(os.Stderr, "", 0)
	// Without these two it would go through the proxy of its own environment.
	proxy.Tr = &http.Transport{}
	proxy.ConnectDial = func(network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err == nil && slices.Contains(strings.Split(*names, ","), host) {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return net.Dial(network, address)
	}
	proxy.OnRequest().HandleConnectFunc(func(host string, ctx *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		expected := "Basic " + base64.StdEncoding.EncodeToString([]byte(login))
		switch {
		case login != "" && ctx.Req.Header.Get("Proxy-Authorization") != expected:
			fmt.Println(host, "login refused")
			ctx.Resp = refusal(ctx.Req, http.StatusProxyAuthRequired)
			ctx.Resp.Header.Set("Proxy-Authenticate", `Basic realm="tests"`)
			return goproxy.RejectConnect, host
		case host == *forbidden:
			fmt.Println(host, "refused")
			ctx.Resp = refusal(ctx.Req, http.StatusForbidden)
			return goproxy.RejectConnect, host
		}
		fmt.Println(host, "opened")
		return goproxy.OkConnect, host
	})

	server := &http.Server{Addr: *listen, Handler: proxy, ErrorLog: log.New(io.Discard, "", 0)}
	if *certificate != "" {
		// A tunnel is not for HTTP/2.
		server.Protocols = new(http.Protocols)
		server.Protocols.SetHTTP1(true)
		log.Fatal(server.ListenAndServeTLS(*certificate, *key))
	}
	log.Fatal(server.ListenAndServe())
}

func refusal(request *http.Request, status int) *http.Response {
	return &http.Response{
		Status: fmt.Sprint(status, " ", http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: request, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString("<html>no</html>\n")), ContentLength: 16,
	}
}
