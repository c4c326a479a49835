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
//	go run ./recorder/matrix/kernels -capture testdata/traces
//
// The last does nothing but record the captures that testdata/traces freezes.
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
	"slices"
	"strings"
	"syscall"
	"time"

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
// common one without, one on the other architecture, and one locked down.
var fullSet = []target{
	{line: "5.10", lsm: true}, {line: "6.1", lsm: true}, {line: "6.12", lsm: true}, {line: "6.18", lsm: true}, {line: "7.3", lsm: true},
	{line: "5.10"}, {line: "6.12"}, {line: "7.3"},
	{line: "6.12", lsm: true, arch: "arm64"},
	{line: "6.18", lsm: true, mode: confidentiality}, {line: "6.18", lsm: true, mode: integrity},
}

func main() { os.Exit(run()) }

func run() int {
	kernels := flag.String("kernel", "6.12", "kernel lines: "+strings.Join(matrix.Lines(), " "))
	lsm := flag.String("lsm", "on off", "bpf in lsm=: on, off")
	arch := flag.String("arch", "amd64", "architectures: "+strings.Join(matrix.Arches(), " "))
	lockdown := flag.String("lockdown", "none", "lockdown=: none, integrity, confidentiality")
	full := flag.Bool("full", false, "every line, whatever the other flags say")
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
	programs := map[string]map[string]string{}
	for _, t := range targets {
		if programs[t.arch] != nil {
			continue
		}
		var err error
		if programs[t.arch], err = build(ctx, t.guestArch(), filepath.Join(*out, "programs", t.guestArch())); err != nil {
			fmt.Fprintln(os.Stderr, "kernels:", err)
			return 1
		}
	}
	var boots []*boot
	for _, t := range targets {
		if ctx.Err() != nil {
			break
		}
		if *captures != "" {
			if err := t.capture(ctx, programs[t.arch], *captures); err != nil {
				fmt.Fprintln(os.Stderr, "kernels:", err)
				return 1
			}
			continue
		}
		b := &boot{target: t, dir: filepath.Join(*out, strings.ReplaceAll(t.String(), " ", "-"))}
		b.run(ctx, programs[t.arch])
		b.judge()
		b.summary(os.Stdout)
		boots = append(boots, b)
	}
	if *captures != "" {
		return 0
	}
	fmt.Println()
	passed, failed, skipped := report(os.Stdout, boots, *markdown)
	fmt.Printf("took %.0f s\n", time.Since(start).Seconds())
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 || len(boots) < len(targets) {
		return 1
	}
	return 0
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
