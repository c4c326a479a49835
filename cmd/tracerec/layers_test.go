package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tracerec/tracerec/"

// layers is docs/architecture.md's picture: what each package of ours may
// reach, directly or not. A package that is not named here fails the test.
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
	"recorder":                     {"bpf", "format", "recorder/cgname", "format/derive", "format/show", "format/field", "format/filter"},
	"recorder/cgname":              {},
	"recorder/drill":               {"format"},
	"replay":                       {"format", "format/show"},
	"replay/picture":               {"format", "format/show", "replay"},
	"replay/tui":                   {"format", "format/field", "format/filter", "format/show", "replay"},
	"analyze":                      {"format", "format/show", "replay"},
	"analyze/policy":               {"format", "format/field", "format/filter", "format/show", "replay", "analyze"},
	"analyze/suite":                {"format", "format/field", "format/filter", "format/show", "format/text", "replay", "analyze", "analyze/policy"},
	"analyze/fleet":                {"format", "format/show", "replay", "analyze"},
	"analyze/fleet/fleettest":      {"format"},
	"analyze/fleet/fleettest/make": {"format", "analyze/fleet/fleettest"},
	"analyze/report":               {"format", "format/show", "replay", "replay/picture", "analyze"},
}

// TestLayers holds the packages to the picture.
func TestLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", module+"...").CombinedOutput()
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
}
