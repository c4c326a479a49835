package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// SARIF writes the report as one run of SARIF 2.1.0. A finding's stable id is its
// fingerprint, its rows of evidence are a thread flow; incomplete evidence and
// files that could not be read are notifications of the invocation.
func SARIF(w io.Writer, r *Report) error {
	full, err := json.Marshal(sarifReport(r))
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(full))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(withoutDefaults(doc))
}

// sarifDefaults are the values that SARIF's schema gives to what is absent.
var sarifDefaults = map[string]string{
	"id": "-1", "index": "-1", "parentIndex": "-1", "ruleIndex": "-1", "byteOffset": "-1", "charOffset": "-1", "rank": "-1",
	"importance": "important", "executionOrder": "-1", "enabled": "true", "isComprehensive": "false", "language": "en-US",
	"contents": "[localizedData nonLocalizedData]",
}

// withoutDefaults leaves out what the library writes though it says nothing: the schema's defaults,
// and arrays and objects without anything in them. Results stay when there are none: that
// means that nothing was found. Of properties, which are ours, all stays.
func withoutDefaults(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inside := range v {
			if k != "properties" {
				inside = withoutDefaults(inside)
			}
			def, known := sarifDefaults[k]
			list, isList := inside.([]any)
			object, isObject := inside.(map[string]any)
			switch {
			case k == "newlineSequences", // of text that is no part of the report
				known && fmt.Sprint(inside) == def,
				isList && len(list) == 0 && k != "results",
				isObject && len(object) == 0:
				delete(v, k)
			default:
				v[k] = inside
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutDefaults(v[i])
		}
	}
	return v
}

var sarifLevels = [analyze.NumSeverities]string{"none", "note", "warning", "error", "error"}

// securitySeverity is what code scanning sorts by: CVSS's scale.
var securitySeverity = [analyze.NumSeverities]string{"0.0", "3.0", "5.5", "8.0", "9.5"}

func sarifReport(r *Report) *sarif.Report {
	out := sarif.NewReport()
	run := sarif.NewRunWithInformationURI("tracerec", "https://github.com/tracerec/tracerec")
	run.Tool.Driver.Version = &r.Version
	out.AddRun(run)
	invocation := sarif.NewInvocation()
	ok := true
	rules := map[string]bool{}
	for i := range r.Files {
		f := &r.Files[i]
		if f.Err != nil {
			ok = false
			notify(invocation, f, "error", clean(f.Err.Error()))
			continue
		}
		for _, why := range f.Coverage.Incomplete {
			notify(invocation, f, "warning", clean(why))
		}
		for _, note := range f.Coverage.Notes {
			notify(invocation, f, "note", clean(note))
		}
		if f.Dropped > 0 {
			notify(invocation, f, "warning", "not all findings are listed: --limit 0 lists all")
		}
		for _, finding := range f.Findings {
			id := clean(finding.RuleID())
			if !rules[id] {
				rules[id] = true
				run.Tool.Driver.AddRule(sarifRule(id, finding))
			}
			run.AddResult(sarifResult(f, id, run.GetRuleIndex(id), finding))
		}
	}
	invocation.ExecutionSuccessful = &ok
	run.AddInvocation(invocation)
	return out
}

func notify(inv *sarif.Invocation, f *File, level, text string) {
	n := sarif.NewNotification()
	n.Level = level
	n.Message = sarif.NewTextMessage(text)
	n.Locations = []*sarif.Location{sarif.NewLocation().WithPhysicalLocation(physical(f.Path))}
	inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, n)
}

// of is the segment of a recording that a row stands in, where the file is several.
func (f *File) of(segment string) string {
	if f.Coverage != nil && slices.Contains(f.Coverage.Files, segment) {
		return segment
	}
	return f.Path
}

// physical is the trace file, as a URI.
func physical(path string) *sarif.PhysicalLocation {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	uri := u.String()
	if u.Scheme == "" {
		uri = u.EscapedPath()
	}
	at := sarif.NewArtifactLocation()
	at.URI = &uri
	// A region is demanded by code scanning; a trace has no lines.
	return sarif.NewPhysicalLocation().WithArtifactLocation(at).WithRegion(sarif.NewRegion().WithStartLine(1))
}

func sarifRule(id string, f *analyze.Finding) *sarif.ReportingDescriptor {
	rule := sarif.NewRule(id)
	name := id
	rule.Name = &name
	text := "an argument was " + f.Verdict.String()
	switch f.Analysis {
	case "policy":
		text = "policy " + clean(f.Rule)
	case "toctou":
	default:
		text = f.Analysis + ": " + clean(f.Rule)
	}
	help := "docs/verdicts.md, docs/policies.md"
	rule.ShortDescription = &sarif.MultiformatMessageString{Text: &text}
	rule.Help = &sarif.MultiformatMessageString{Text: &help}
	rule.DefaultConfiguration = sarif.NewReportingConfiguration()
	rule.DefaultConfiguration.Level = sarifLevels[f.Severity]
	bag := sarif.NewPropertyBag()
	bag.Tags = []string{"security"}
	for _, tag := range f.Tags {
		bag.Tags = append(bag.Tags, clean(tag))
	}
	bag.Add("security-severity", securitySeverity[f.Severity])
	rule.Properties = bag
	return rule
}

func sarifResult(file *File, id string, index int, f *analyze.Finding) *sarif.Result {
	res := sarif.NewRuleResult(id)
	res.RuleIndex = index
	res.Level = sarifLevels[f.Severity]
	res.Kind = "fail"
	if f.Severity == analyze.Info {
		res.Kind = "informational"
	}
	res.Message = sarif.NewTextMessage(f.Headline())
	res.Locations = []*sarif.Location{location(file.of(f.File), f.Comm, f.TID, f.Syscall, "")}
	res.Fingerprints = map[string]string{"tracerec/v1": f.ID}
	res.PartialFingerprints = map[string]string{"tracerecId/v1": f.ID}
	bag := sarif.NewPropertyBag()
	for key, v := range map[string]any{
		"severity": f.Severity.String(), "verdict": f.Verdict.String(), "analysis": f.Analysis, "reason": clean(f.Reason),
		"syscall": f.Syscall, "argument": f.Argument, "pid": f.PID, "tid": f.TID, "uid": f.UID, "comm": clean(f.Comm),
		"time": f.When(), "row": f.Seq, "call": f.Call, "details": message(f),
	} {
		bag.Add(key, v)
	}
	for key, v := range map[string]analyze.View{"enter": f.Enter, "kernel": f.Kernel, "exit": f.Exit} {
		if v.Bytes != nil {
			bag.Add(key, cut(viewWords(f.Kind, v.Bytes), maxText))
		}
	}
	for _, tag := range f.Tags {
		bag.Tags = append(bag.Tags, clean(tag))
	}
	res.Properties = bag
	if len(f.Evidence) > 0 {
		res.CodeFlows = []*sarif.CodeFlow{codeFlow(file, f)}
	}
	return res
}

const timeLayout = "2006-01-02T15:04:05.000000000Z"

func viewWords(k format.Kind, v []byte) string {
	if k == format.KindPath {
		return show.Escape(v)
	}
	return show.Text(k, v)
}

// cut shortens text that is escaped already to some bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func location(path, comm string, tid uint32, call, words string) *sarif.Location {
	l := sarif.NewLocation().WithPhysicalLocation(physical(path))
	task, kind := clean(comm)+"["+itoa(tid)+"]", "thread"
	name := task
	if call != "" {
		name += " " + clean(call)
	}
	l.LogicalLocations = []*sarif.LogicalLocation{{Name: &task, FullyQualifiedName: &name, Kind: &kind, Index: -1, ParentIndex: -1}}
	if words != "" {
		l.Message = sarif.NewTextMessage(words)
	}
	return l
}

func codeFlow(file *File, f *analyze.Finding) *sarif.CodeFlow {
	flow := &sarif.ThreadFlow{}
	for i := range f.Evidence {
		e := &f.Evidence[i]
		at := sarif.NewThreadFlowLocation()
		at.Location = location(file.of(cmp.Or(e.File, f.File)), e.Who.Comm, e.Who.TID, e.Syscall, cut(clean(string(e.Role)+": "+e.What), maxText))
		if e.Boottime != 0 {
			when := e.Time.Format(timeLayout)
			at.ExecutionTimeUtc = &when
		}
		at.ExecutionOrder = i + 1
		flow.Locations = append(flow.Locations, at)
	}
	return &sarif.CodeFlow{ThreadFlows: []*sarif.ThreadFlow{flow}}
}
