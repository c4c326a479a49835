package analyze

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict is what the evidence says: up to Unpaired about one argument of one
// call, then about what analyses other than toctou look for.
type Verdict uint8

const (
	Consistent     Verdict = iota // enter and kernel view are equal
	Divergent                     // they are not: the tracer was shown another value than the kernel used
	MultipleCopies                // the kernel copied more than once, and the copies differ
	PostUseChange                 // equal to the kernel's copy at enter, no longer at exit
	Unreadable                    // no enter view; the kernel's value is known
	Redirected                    // equal names, but the object is not the one the name says
	Unwitnessed                   // no kernel view
	Inconclusive                  // loss, truncation or a form that cannot be compared
	Unpaired                      // a witness that belongs to no recorded argument
	Disagreement                  // two witnesses of one copy saw different values
	NameRace                      // a name led to another object when it was used than when it was checked
	Tampering                     // the recording shows signs of having been interfered with
	Matched                       // a policy matched
	NumVerdicts
)

var verdictNames = [NumVerdicts]string{
	Consistent:     "consistent",
	Divergent:      "divergent",
	MultipleCopies: "multiple-copies",
	PostUseChange:  "post-use-change",
	Unreadable:     "unreadable",
	Redirected:     "redirected",
	Unwitnessed:    "unwitnessed",
	Inconclusive:   "inconclusive",
	Unpaired:       "unpaired",
	Disagreement:   "disagreement",
	NameRace:       "name-race",
	Tampering:      "tampering",
	Matched:        "matched",
}

func (v Verdict) String() string { return verdictNames[v] }

// informational says whether a verdict that is Info is a finding all the same.
func (v Verdict) informational() bool { return v == Redirected || v == Unreadable }

// VerdictNames are the names of all verdicts.
func VerdictNames() []string { return slices.Clone(verdictNames[:]) }

// MarshalText gives the name that JSON and flags use.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// ParseVerdict reads a verdict's name.
func ParseVerdict(name string) (Verdict, error) {
	for v, n := range verdictNames {
		if n == name {
			return Verdict(v), nil
		}
	}
	return 0, fmt.Errorf("unknown verdict %q: use one of %s", name, strings.Join(verdictNames[:], ", "))
}

// Severity says how much of an analyst's attention a verdict deserves.
type Severity uint8

const (
	Info Severity = iota // explained; counted, not listed
	Low
	Medium
	High
	Critical
	NumSeverities
)

var severityNames = [NumSeverities]string{"info", "low", "medium", "high", "critical"}

// SeverityNames are the names of all severities, the least first.
func SeverityNames() []string { return slices.Clone(severityNames[:]) }

func (s Severity) String() string { return severityNames[s] }

// MarshalText gives the name that JSON and flags use.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads a severity's name.
func ParseSeverity(name string) (Severity, error) {
	for s, n := range severityNames {
		if n == name {
			return Severity(s), nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q: use one of %s", name, strings.Join(severityNames[:], ", "))
}
