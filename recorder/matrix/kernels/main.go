//go:build linux

// Command kernels proves the recorder on the kernels of the matrix: it boots
// each in qemu, drills, records benign work and the whole host there, brings
// the traces back, analyzes them and says which witness works where.
//
//	go run ./recorder/matrix/kernels                          6.12, with and without bpf in lsm=
//	go run ./recorder/matrix/kernels -full                    every line
//	go run ./recorder/matrix/kernels -kernel "5.10 7.3" -lsm on
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
	lsm  bool // bpf in lsm=
}

func (t target) String() string {
	if t.lsm {
		return t.line + " on"
	}
	return t.line + " off"
}

// fullSet has every line with bpf in lsm=, and the oldest, the newest and a
// common one without.
var fullSet = []target{
	{"5.10", true}, {"6.1", true}, {"6.12", true}, {"6.18", true}, {"7.3", true},
	{"5.10", false}, {"6.12", false}, {"7.3", false},
}

func main() { os.Exit(run()) }

func run() int {
	kernels := flag.String("kernel", "6.12", "kernel lines: "+strings.Join(matrix.Lines(), " "))
	lsm := flag.String("lsm", "on off", "bpf in lsm=: on, off")
	full := flag.Bool("full", false, "every line, whatever -kernel and -lsm say")
	out := flag.String("out", filepath.Join("bin", "kernels"), "directory for traces and results")
	markdown := flag.Bool("markdown", false, "print the tables as Markdown")
	captures := flag.String("capture", "", "record nothing but a short drill on each, and leave it in this directory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	targets := fullSet
	if !*full {
		var err error
		if targets, err = parseTargets(*kernels, *lsm); err != nil {
			fmt.Fprintln(os.Stderr, "kernels:", err)
			return 1
		}
	}
	start := time.Now()
	programs, err := build(ctx, filepath.Join(*out, "programs"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		return 1
	}
	var boots []*boot
	for _, t := range targets {
		if ctx.Err() != nil {
			break
		}
		if *captures != "" {
			if err := t.capture(ctx, programs, *captures); err != nil {
				fmt.Fprintln(os.Stderr, "kernels:", err)
				return 1
			}
			continue
		}
		b := &boot{target: t, dir: filepath.Join(*out, strings.ReplaceAll(t.String(), " ", "-"))}
		b.run(ctx, programs)
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

func parseTargets(kernels, lsm string) (targets []target, err error) {
	words := func(s string) []string { return strings.Fields(strings.ReplaceAll(s, ",", " ")) }
	for _, l := range words(kernels) {
		if !slices.Contains(matrix.Lines(), l) {
			return nil, fmt.Errorf("kernel line %q: not in the matrix, which has %s", l, strings.Join(matrix.Lines(), ", "))
		}
		for _, w := range words(lsm) {
			if w != "on" && w != "off" {
				return nil, fmt.Errorf("lsm %q: want on or off", w)
			}
			targets = append(targets, target{l, w == "on"})
		}
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("no kernel asked for")
	}
	return targets, nil
}
