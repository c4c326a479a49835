//go:build linux

package recorder

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
)

// phases says where the time goes until a recording begins: per step the time
// that passed, and the processor time that this process had, which is what
// counts on a busy machine. A nil phases notes nothing.
type phases struct {
	at    time.Time
	cpu   time.Duration
	total [2]time.Duration
	attrs []any

	programs     atomic.Uint32
	instructions atomic.Uint64 // that the verifier went through

	lock  sync.Mutex
	costs []cost
}

// cost is what the kernel did to load a program.
type cost struct {
	name         string
	instructions uint32
	took         time.Duration
}

func newPhases() *phases { return &phases{at: time.Now(), cpu: cpuTime()} }

// done ends the step of that name.
func (p *phases) done(step string) {
	if p == nil {
		return
	}
	at, cpu := time.Now(), cpuTime()
	took, used := at.Sub(p.at), cpu-p.cpu
	p.attrs = append(p.attrs, step, inMs(took, used))
	p.total[0], p.total[1] = p.total[0]+took, p.total[1]+used
	p.at, p.cpu = at, cpu
}

// verified counts a program that was loaded since then.
func (p *phases) verified(name string, prog *ebpf.Program, since time.Time) {
	if p == nil {
		return
	}
	p.programs.Add(1)
	if info, err := prog.Info(); err == nil {
		n, _ := info.VerifiedInstructions()
		p.instructions.Add(uint64(n))
		p.lock.Lock()
		p.costs = append(p.costs, cost{name, n, time.Since(since)})
		p.lock.Unlock()
	}
}

func (p *phases) log(log *slog.Logger) {
	log.Info("started in ms, of which on a processor", append([]any{"all", inMs(p.total[0], p.total[1]), "programs", p.programs.Load(), "verified", p.instructions.Load()}, p.attrs...)...)
	slices.SortFunc(p.costs, func(a, b cost) int { return int(b.instructions) - int(a.instructions) })
	for _, c := range p.costs {
		log.Debug("program", "name", c.name, "verified", c.instructions, "took", c.took)
	}
}

func inMs(took, used time.Duration) string {
	return fmt.Sprintf("%.1f/%.1f", float64(took.Microseconds())/1000, float64(used.Microseconds())/1000)
}
