// Command http is a server and its clients on loopback, in one process: the
// busy service that testdata/bench.sh records.
//
//	http N CLIENTS     N requests in all, by so many clients at once
//
// It prints requests, seconds, and the median and 99th percentile of a
// request's time in microseconds.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "http:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: http N CLIENTS")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	clients, err := strconv.Atoi(args[1])
	if err != nil || clients < 1 {
		return fmt.Errorf("%s clients", args[1])
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// each request opens a file, as a server of files does
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "/etc/hostname") })}
	go server.Serve(l)
	defer server.Close()

	took := make([][]time.Duration, clients)
	errs := make([]error, clients)
	var wg sync.WaitGroup
	began := time.Now()
	for c := range clients {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			for range n / clients {
				at := time.Now()
				resp, err := client.Get("http://" + l.Addr().String() + "/")
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err != nil {
					errs[c] = err
					return
				}
				took[c] = append(took[c], time.Since(at))
			}
		})
	}
	wg.Wait()
	seconds := time.Since(began).Seconds()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	fmt.Printf("%d %.3f %d %d\n", len(all), seconds, all[len(all)/2].Microseconds(), all[len(all)*99/100].Microseconds())
	return nil
}
