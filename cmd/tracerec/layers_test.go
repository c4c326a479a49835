package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tracerec/tracerec/"

// layers is docs/architecture.md's table: which of our packages each one
// reaches, directly or not. A package that is not named here fails the test, and
// so does one that does not reach what stands here: nobody would take it back.
var layers = map[string][]string{
	"format":                       {},
	"format/arrowio":               {"format"},
	"format/show":                  {"format"},
	"format/keyfile":               {},
	"format/verify":                {"format", "format/show"},
	"format/derive":                {"format", "format/field", "format/filter", "format/show"},
	"format/text":                  {"format", "format/show"},
	"format/field":                 {"format", "format/show"},
	"format/filter":                {"format", "format/field", "format/show"},
	"format/export":                {"format", "format/field", "format/show"},
	"bpf":                          {},
	"bpf/gen":                      {"format"},
	"recorder":                     {"bpf", "format", "recorder/cgname", "recorder/confine", "recorder/redact", "format/derive", "format/show", "format/field", "format/filter"},
	"recorder/cgname":              {},
	"recorder/confine":             {},
	"recorder/drill":               {"format"},
	"recorder/redact":              {"format"},
	"replay":                       {"format", "format/show"},
	"replay/picture":               {"format", "format/show", "replay"},
	"replay/tui":                   {"format", "format/field", "format/filter", "format/show", "replay"},
	"analyze":                      {"format", "format/show"},
	"analyze/policy":               {"format", "format/field", "format/filter", "format/show", "analyze"},
	"analyze/suite":                {"format", "format/field", "format/filter", "format/show", "format/text", "analyze", "analyze/policy"},
	"analyze/fleet":                {"format", "format/show", "analyze"},
	"analyze/fleet/fleettest":      {"format"},
	"analyze/fleet/fleettest/make": {"format", "analyze/fleet/fleettest"},
	"analyze/report":               {"format", "format/show", "analyze"},
	"internal/docparts":            {},
}

// TestLayers holds the packages and the document to the table.
func TestLayers(t *testing.T) {
	list := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", module+"...")
	list.Env = append(os.Environ(), "GOOS=linux") // elsewhere recorder is nearly empty
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	checked := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(fields[0], module)
		if strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "recorder/matrix") {
			continue // programs and tests' tools may use everything
		}
		allowed, ok := layers[name]
		if !ok {
			t.Errorf("package %s stands in no layer: add it to docs/architecture.md and to this table", name)
			continue
		}
		checked++
		for _, other := range allowed {
			if !slices.Contains(fields[1:], module+other) {
				t.Errorf("%s does not reach %s: take it out of this table and of docs/architecture.md", name, other)
			}
		}
		for _, dep := range fields[1:] {
			ours, isOurs := strings.CutPrefix(dep, module)
			switch {
			case isOurs && !slices.Contains(allowed, ours):
				t.Errorf("%s reaches %s, which it must not know", name, ours)
			case strings.HasPrefix(dep, "github.com/cilium/ebpf") && name != "bpf" && name != "recorder":
				t.Errorf("%s reaches %s: only bpf and recorder may", name, dep)
			case strings.HasPrefix(dep, "github.com/apache/arrow") && name != "format/arrowio":
				t.Errorf("%s reaches %s: only format/arrowio may", name, dep)
			}
		}
	}
	if checked != len(layers) {
		t.Errorf("checked %d packages, the table has %d", checked, len(layers))
	}
	doc, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, reached := range layers {
		row := "| `" + name + "` | " + strings.Join(reached, ", ") + " |\n"
		if len(reached) == 0 {
			row = "| `" + name + "` | nothing |\n"
		}
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/architecture.md lacks the row\n%s", row)
		}
	}
}
