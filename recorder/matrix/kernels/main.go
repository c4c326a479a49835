//go:build linux

// Command kernels proves the recorder on the kernels of the matrix: it boots
// each in qemu, drills, records benign work and the whole host there, brings
// the traces back, analyzes them and says which witness works where.
//
//	go run ./recorder/matrix/kernels                          6.12, with and without bpf in lsm=
//	go run ./recorder/matrix/kernels -full                    every line
//	go run ./recorder/matrix/kernels -kernel "5.10 7.3" -lsm on
//	go run ./recorder/matrix/kernels -arch arm64 -lsm on
//	go run ./recorder/matrix/kernels -kernel 6.18 -lockdown "integrity confidentiality"
//	go run ./recorder/matrix/kernels -full -fetch
//	go run ./recorder/matrix/kernels -capture testdata/traces
//
// -fetch does nothing but fetch the kernels, -capture nothing but record the
// captures that testdata/traces freezes.
//
// Exit codes: 0 all works that should, 1 something does not, or a kernel
// could not be had.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tracerec/tracerec/recorder/matrix"
)

// target is one boot.
type target struct {
	line string
	lsm  bool   // bpf in lsm=
	arch string // "" is amd64
	mode string // of lockdown=; "" is none
}

// lsmWord is what -lsm calls it.
func (t target) lsmWord() string {
	if t.lsm {
		return "on"
	}
	return "off"
}

// String is unique: "6.12 on", "6.12 arm64 on", "6.18 on confidentiality".
func (t target) String() string {
	return strings.Join(strings.Fields(t.line+" "+t.arch+" "+t.lsmWord()+" "+t.mode), " ")
}

// fullSet has every line with bpf in lsm=, the oldest, the newest and a
// common one without, one on the other architecture, and one locked down. They
// are begun in this order: what takes long first, so that no processor idles
// at the end, and what matters most before the rest.
var fullSet = []target{
	{line: "6.12", lsm: true}, {line: "6.12"}, {line: "5.10", lsm: true}, {line: "7.3", lsm: true}, {line: "6.18", lsm: true}, {line: "6.1", lsm: true},
	{line: "6.12", lsm: true, arch: "arm64"},
	{line: "5.10"}, {line: "7.3"},
	{line: "6.18", lsm: true, mode: integrity}, {line: "6.18", lsm: true, mode: confidentiality},
}

func main() { os.Exit(run()) }

func run() int {
	kernels := flag.String("kernel", "6.12", "kernel lines: "+strings.Join(matrix.Lines(), " "))
	lsm := flag.String("lsm", "on off", "bpf in lsm=: on, off")
	arch := flag.String("arch", "amd64", "architectures: "+strings.Join(matrix.Arches(), " "))
	lockdown := flag.String("lockdown", "none", "lockdown=: none, integrity, confidentiality")
	full := flag.Bool("full", false, "every line, whatever the other flags say")
	fetch := flag.Bool("fetch", false, "fetch and unpack the kernels, boot none")
	jobs := flag.Int("j", min(2, runtime.NumCPU()), "guests at a time")
	out := flag.String("out", filepath.Join("bin", "kernels"), "directory for traces and results")
	markdown := flag.Bool("markdown", false, "print the tables as Markdown")
	captures := flag.String("capture", "", "record nothing but a short drill on each, and leave it in this directory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	targets := fullSet
	if !*full {
		var err error
		if targets, err = parseTargets(*kernels, *lsm, *arch, *lockdown); err != nil {
			fmt.Fprintln(os.Stderr, "kernels:", err)
			return 1
		}
	}
	start := time.Now()
	var missing []error // a boot of it says so, the others are made
	fetched := make(chan struct{})
	go func() {
		missing = fetchAll(ctx, targets)
		fmt.Printf("kernels are there after %.0f s\n", time.Since(start).Seconds())
		close(fetched)
	}()
	if *fetch {
		<-fetched
		for _, err := range missing {
			fmt.Fprintln(os.Stderr, "kernels:", err)
		}
		return min(len(missing), 1)
	}
	all := builds{}
	for _, t := range targets {
		if all[t.arch] == nil {
			all[t.arch] = sync.OnceValues(func() (programs, error) {
				return build(ctx, t.guestArch(), filepath.Join(*out, "programs", t.guestArch()))
			})
		}
	}
	if *captures != "" {
		for _, t := range targets {
			p, err := all[t.arch]()
			if err == nil {
				err = t.capture(ctx, p, *captures)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "kernels:", err)
				return 1
			}
		}
		return 0
	}
	all[targets[0].arch]() // beside fetching; an error is told by the boots
	<-fetched
	boots := bootAll(ctx, targets, all, *out, *jobs)
	fmt.Println()
	passed, failed, skipped := report(os.Stdout, boots, *markdown)
	fmt.Printf("took %.0f s, %d guests at a time\n", time.Since(start).Seconds(), *jobs)
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 || len(boots) < len(targets) {
		return 1
	}
	return 0
}

// fetchAll fetches what the targets boot, each once.
func fetchAll(ctx context.Context, targets []target) (errs []error) {
	seen := map[target]bool{}
	for _, t := range targets {
		if key := (target{line: t.line, arch: t.arch}); !seen[key] {
			seen[key] = true
			if _, err := matrix.Prefetch(ctx, t.line, t.guestArch(), modules...); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// bootAll makes the boots, so many at a time, and tells of each when it is
// done. When ctx ends it returns those that were begun.
func bootAll(ctx context.Context, targets []target, all builds, out string, jobs int) []*boot {
	boots := make([]*boot, len(targets))
	var group errgroup.Group
	group.SetLimit(max(1, jobs))
	var mu sync.Mutex // of standard output
	for i, t := range targets {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			b := &boot{target: t, dir: filepath.Join(out, strings.ReplaceAll(t.String(), " ", "-"))}
			p, err := all[t.arch]()
			b.run(ctx, p, err)
			b.judge()
			mu.Lock()
			defer mu.Unlock()
			b.summary(os.Stdout)
			boots[i] = b
			return nil
		})
	}
	group.Wait()
	return slices.DeleteFunc(boots, func(b *boot) bool { return b == nil })
}

// guestArch is the architecture as the matrix and Go call it.
func (t target) guestArch() string {
	if t.arch == "" {
		return "amd64"
	}
	return t.arch
}

func parseTargets(kernels, lsm, arches, modes string) (targets []target, err error) {
	words := func(s string) []string { return strings.Fields(strings.ReplaceAll(s, ",", " ")) }
	for _, l := range words(kernels) {
		if !slices.Contains(matrix.Lines(), l) {
			return nil, fmt.Errorf("kernel line %q: not in the matrix, which has %s", l, strings.Join(matrix.Lines(), ", "))
		}
		for _, w := range words(lsm) {
			if w != "on" && w != "off" {
				return nil, fmt.Errorf("lsm %q: want on or off", w)
			}
			for _, a := range words(arches) {
				if !slices.Contains(matrix.Arches(), a) {
					return nil, fmt.Errorf("architecture %q: want one of %s", a, strings.Join(matrix.Arches(), ", "))
				}
				t := target{line: l, lsm: w == "on", arch: a}
				if a == "amd64" {
					t.arch = ""
				}
				for _, m := range words(modes) {
					if !slices.Contains([]string{"none", integrity, confidentiality}, m) {
						return nil, fmt.Errorf("lockdown %q: want none, %s or %s", m, integrity, confidentiality)
					}
					t.mode = strings.TrimPrefix(m, "none")
					targets = append(targets, t)
				}
			}
		}
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("no kernel asked for")
	}
	return targets, nil
}
