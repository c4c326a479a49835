package format

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/internal/docparts"
)

// tracepointOnly says whether an argument has a witness that needs no security hook.
func tracepointOnly(v *ArgView) bool {
	return slices.ContainsFunc(v.Witness, func(w ArgWitness) bool { return w.Rung&hookRungs == 0 && w.Compare != CompareObject })
}

// Every recorded argument has a witness by tracepoint, or it is said why not.
func TestEveryArgumentHasAWitnessOrAReason(t *testing.T) {
	used := map[string]bool{}
	seen, reasons := 0, 0
	for i := range Syscalls {
		s := &Syscalls[i]
		if s.Through != nil {
			continue // as the call itself
		}
		for k := range s.Compared() {
			v := &s.Views[k]
			name := s.Name + "." + s.Args[v.Arg].Name
			why := NoWitness[name]
			switch {
			case tracepointOnly(v):
				seen++
			case why == "":
				t.Errorf("%s has no witness by tracepoint: name one, or say why in NoWitness", name)
			default:
				used[name] = true
				reasons++
			}
		}
	}
	for name := range NoWitness {
		if !used[name] {
			t.Errorf("NoWitness has %s, which has a witness or is not recorded", name)
		}
	}
	t.Logf("%d arguments have a witness by tracepoint, of %d it is said why not", seen, reasons)
	if seen < 130 || reasons < 25 {
		t.Errorf("only %d and %d arguments were visited", seen, reasons)
	}
}

// TestWitnessesDoc: the tables of docs/witnesses.md are those of the code. After a
// change: go test ./format -run WitnessesDoc -update
func TestWitnessesDoc(t *testing.T) {
	docparts.Check(t, "../docs/witnesses.md", "./format", map[string]string{"arguments": docArguments()})
}

// docArguments has a line for each argument, those with the same witnesses together.
func docArguments() string {
	var lines []string
	members := map[string][]string{}
	for i := range Syscalls {
		s := &Syscalls[i]
		if s.Through != nil {
			continue // as the call itself
		}
		for k := range s.Compared() {
			v := &s.Views[k]
			var tracepoint, hook []string
			for _, w := range v.Witness {
				word := Events[w.Event].Name
				switch {
				case w.Compare == CompareObject:
					continue
				case w.Event == EventSyscall:
					word = "the task or the file, at return"
				}
				if w.Compare != CompareExact {
					word += "*"
				}
				if w.Rung&hookRungs != 0 {
					hook = append(hook, word)
				} else {
					tracepoint = append(tracepoint, word)
				}
			}
			by := strings.Join(tracepoint, ", ")
			if !tracepointOnly(v) {
				by = "none: " + NoWitness[s.Name+"."+s.Args[v.Arg].Name]
			}
			line := fmt.Sprintf("%s | %s", by, orDash(strings.Join(hook, ", ")))
			name := s.Name + "(" + s.Args[v.Arg].Name + ")"
			if members[line] == nil {
				lines = append(lines, line)
			}
			if !slices.Contains(members[line], name) {
				members[line] = append(members[line], name)
			}
		}
	}
	var b strings.Builder
	b.WriteString("| arguments | by tracepoint, everywhere | by security hook, rungs 1 to 3 |\n|---|---|---|\n")
	for _, line := range lines {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(members[line], ", "), line)
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
