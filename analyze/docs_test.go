package analyze

import (
	"os"
	"strings"
	"testing"
)

// TestDocs finds every name that a report can use in docs/verdicts.md.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	var missing []string
	for _, v := range verdictNames {
		if !strings.Contains(doc, "### "+v+"\n") {
			missing = append(missing, "verdict "+v)
		}
	}
	for _, s := range severityNames {
		if !strings.Contains(doc, "| "+s+" |") {
			missing = append(missing, "severity "+s)
		}
	}
	for _, r := range SeverityRules {
		moves := "−1"
		if r.Raises {
			moves = "+1"
		}
		if row := "| `" + r.Name + "` | " + moves + " | " + r.Doc + " |"; !strings.Contains(doc, row) {
			missing = append(missing, "severity rule: the table needs the row\n"+row+"\n")
		}
	}
	for _, p := range FSPairs {
		if row := "| `" + p.Check + "-" + p.Use + "` | " + p.Doc + " |"; !strings.Contains(doc, row) {
			missing = append(missing, "check and use: the table needs the row\n"+row+"\n")
		}
	}
	for _, r := range IntegrityRules {
		if row := "| `" + r.Name + "` | " + r.Severity.String() + " | " + r.Doc + " |"; !strings.Contains(doc, row) {
			missing = append(missing, "integrity: the table needs the row\n"+row+"\n")
		}
	}
	for _, k := range Kinds {
		if !strings.Contains(doc, "`--"+k.Name+"`") {
			missing = append(missing, "analysis --"+k.Name)
		}
	}
	for _, c := range comparisonNames {
		if !strings.Contains(doc, "| `"+c+"` |") {
			missing = append(missing, "comparison "+c)
		}
	}
	if len(missing) > 0 {
		t.Errorf("docs/verdicts.md does not explain %s", strings.Join(missing, ", "))
	}
}

// TestReasons finds a sentence for every reason.
func TestReasons(t *testing.T) {
	for w := whyNone + 1; w < numWhys; w++ {
		if whyTexts[w] == "" {
			t.Errorf("reason %d has no text", w)
		}
	}
}
