package analyze

import (
	"cmp"
	"slices"
)

// Top keeps the worst findings: by severity, then in stream order. A limit of
// 0 keeps all.
type Top struct {
	Limit    int
	findings []*Finding
	Dropped  uint64
}

// Add takes a finding.
func (t *Top) Add(f *Finding) {
	t.findings = append(t.findings, f)
	if t.Limit > 0 && len(t.findings) >= 2*t.Limit+64 {
		t.trim()
	}
}

func (t *Top) trim() {
	slices.SortStableFunc(t.findings, func(a, b *Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	if t.Limit > 0 && len(t.findings) > t.Limit {
		t.Dropped += uint64(len(t.findings) - t.Limit)
		clear(t.findings[t.Limit:])
		t.findings = t.findings[:t.Limit]
	}
}

// Findings are those kept, worst first.
func (t *Top) Findings() []*Finding {
	t.trim()
	return t.findings
}
