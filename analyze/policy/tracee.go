package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
)

// traceeVersion heads Tracee's policy files.
const traceeVersion = "tracee.aquasec.com/v1beta1"

// tracee reads a policy of Tracee's: each of its rules becomes a policy of one step. What
// only a live tracer can do, and events that are not recorded, are warnings with
// their line; a rule that lost a filter would match more than it should and is left out.
func (r *reader) tracee(n *yaml.Node) []*Policy {
	name, title := "tracee", ""
	var scope, rules *yaml.Node
	r.mapping(n, map[string]func(*yaml.Node){
		"apiVersion": func(*yaml.Node) {},
		"kind": func(v *yaml.Node) {
			if v.Value != "Policy" {
				r.problem(at(v), "kind %q: only Policy is read", v.Value)
			}
		},
		"metadata": func(v *yaml.Node) {
			if s := get(v, "name"); s != nil {
				name = strings.ToLower(s.Value)
			}
			if a := get(v, "annotations"); a != nil {
				if d := get(a, "description"); d != nil {
					title = d.Value
				}
			}
		},
		"spec": func(v *yaml.Node) {
			r.mapping(v, map[string]func(*yaml.Node){
				"scope": func(v *yaml.Node) { scope = v },
				"rules": func(v *yaml.Node) { rules = v },
				"defaultActions": func(v *yaml.Node) {
					r.warn(at(v), "actions are a live tracer's: a match is a finding here")
				},
			})
		},
	})
	if !nameForm.MatchString(name) {
		r.problem(at(n), "metadata.name %q: small letters, digits, dots, dashes and underscores", name)
		return nil
	}
	if rules == nil || rules.Kind != yaml.SequenceNode {
		r.problem(at(n), "spec.rules is missing")
		return nil
	}
	scopes, ok := r.traceeScope(scope)
	if !ok {
		return nil
	}
	var out []*Policy
	for i, rule := range rules.Content {
		if p := r.traceeRule(rule, scopes); p != nil {
			p.Name, p.Title = name, title
			if len(rules.Content) > 1 {
				p.Name = fmt.Sprintf("%s.%d-%s", name, i+1, p.Steps[0].On[0].Text)
			}
			p.Name = strings.ReplaceAll(p.Name, ":", "-")
			out = append(out, p)
		}
	}
	return out
}

// traceeFilter is NAME OPERATOR VALUE[,VALUE…].
var traceeFilter = regexp.MustCompile(`^\s*([A-Za-z_.0-9-]+?)\s*(!=|<=|>=|=|<|>)\s*(.*)$`)

// traceeScopes are the parts of a scope that rows can answer, as expressions of ours.
var traceeScopes = map[string]string{
	"uid": "uid", "pid": "pid", "comm": "comm", "exec": "proc.exe", "executable": "proc.exe", "exe": "proc.exe", "binary": "proc.exe", "bin": "proc.exe",
	"mntns": "mntns", "pidns": "pidns", "p": "pid", "processName": "comm", "tid": "tid", "ppid": "ppid", "hostPid": "pid", "userId": "uid",
}

func (r *reader) traceeScope(n *yaml.Node) (conditions []string, ok bool) {
	ok = true
	if n == nil {
		return nil, true
	}
	for _, s := range r.names(n) {
		switch {
		case s.Text == "global" || s.Text == "follow":
			if s.Text == "follow" {
				r.warn(s.At, "scope follow: children are not followed; use a policy of our own with scope: tree")
			}
			continue
		}
		if pids, is := strings.CutPrefix(s.Text, "tree="); is {
			var parts []string
			for _, pid := range strings.Split(pids, ",") {
				if _, err := strconv.Atoi(pid); err != nil {
					r.problem(s.At, "scope %s: numbers of processes should stand there", s.Text)
					return nil, false
				}
				parts = append(parts, fmt.Sprintf("pid == %s or any(proc.ancestors, .pid == %s)", pid, pid))
			}
			conditions = append(conditions, "("+strings.Join(parts, " or ")+")")
			continue
		}
		m := traceeFilter.FindStringSubmatch(s.Text)
		if m == nil || traceeScopes[m[1]] == "" {
			r.warn(s.At, "scope %s is not supported offline: the policy is left out, for it would match too much", s.Text)
			ok = false
			continue
		}
		c, err := traceeCompare(traceeScopes[m[1]], m[2], m[3], isNumber(traceeScopes[m[1]]))
		if err != nil {
			r.problem(s.At, "scope %s: %v", s.Text, err)
			return nil, false
		}
		conditions = append(conditions, c)
	}
	return conditions, ok
}

func isNumber(name string) bool {
	return slices.Contains([]string{"uid", "pid", "tid", "ppid", "mntns", "pidns", "ret"}, name)
}

// traceeEvents are events that go by another name there.
var traceeEvents = map[string]string{
	"sched_process_exec": "event:exec", "sched_process_fork": "event:fork", "sched_process_exit": "event:exit", "security_file_open": "event:file_open",
	"security_bprm_check": "event:bprm_check", "security_socket_connect": "event:socket_connect", "security_socket_bind": "event:socket_bind",
}

func (r *reader) traceeRule(n *yaml.Node, scopes []string) *Policy {
	p := &Policy{File: r.file, Line: n.Line, Severity: analyze.Medium}
	step := Step{}
	keep := true
	var conditions []string
	var event *yaml.Node
	if n.Kind == yaml.MappingNode {
		event = get(n, "event")
	}
	if event == nil {
		r.problem(at(n), "event is missing from the rule")
		return nil
	}
	word := traceeEvents[event.Value]
	if word == "" {
		word = event.Value
		if bare, is := strings.CutPrefix(word, "security_"); is && len(targets("event:"+bare)) > 0 {
			word = "event:" + bare
		} else if len(targets("syscall:"+word)) > 0 {
			word = "syscall:" + word
		}
	}
	found := targets(word)
	if len(found) == 0 {
		r.warn(at(event), "event %s is not in recordings: the rule is left out", event.Value)
		return nil
	}
	step.On = []Name{{word, at(event)}}
	r.mapping(n, map[string]func(*yaml.Node){
		"event":   func(*yaml.Node) {},
		"actions": func(v *yaml.Node) { r.warn(at(v), "actions are a live tracer's: a match is a finding here") },
		"filters": func(v *yaml.Node) {
			for _, f := range r.names(v) {
				c, err := traceeCondition(f.Text, found[0])
				if err != nil {
					r.warn(f.At, "filter %s: %v: the rule is left out, for it would match too much", f.Text, err)
					keep = false
					continue
				}
				conditions = append(conditions, c)
			}
		},
	})
	if !keep {
		return nil
	}
	conditions = append(conditions, scopes...)
	step.When = Text{Value: strings.Join(conditions, " and "), parts: []part{{at(event), 0}}}
	p.Steps = []Step{step}
	p.Message = Text{Value: "{proc.exe}[{pid}] {event == 'syscall' ? syscall : event} {path}", parts: []part{{at(event), 0}}}
	return p
}

// traceeCondition makes a filter an expression of ours. Arguments of calls are looked for on
// both sides: what was shown and what the kernel used.
func traceeCondition(text string, t target) (string, error) {
	m := traceeFilter.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("not NAME=VALUE")
	}
	name, op, values := m[1], m[2], m[3]
	if name == "retval" || name == "returnValue" {
		return traceeCompare("ret", op, values, true)
	}
	if scope, ok := traceeScopes[name]; ok {
		return traceeCompare(scope, op, values, isNumber(scope))
	}
	arg, ok := strings.CutPrefix(name, "data.")
	if !ok {
		if arg, ok = strings.CutPrefix(name, "args."); !ok {
			return "", fmt.Errorf("%s is not recorded", name)
		}
	}
	if t.call != nil {
		k := slices.IndexFunc(t.call.Args, func(a format.Arg) bool { return a.Name == arg })
		if k < 0 {
			return "", fmt.Errorf("%s has no argument %s", t.call.Name, arg)
		}
		if slices.ContainsFunc(t.call.Views, func(v format.ArgView) bool { return v.Arg == k && !v.Kind.Strings() }) {
			enter, err := traceeCompare("enter."+arg, op, values, false)
			if err != nil {
				return "", err
			}
			kernel, err := traceeCompare("kernel."+arg, op, values, false)
			join := " or "
			if op == "!=" {
				join = " and "
			}
			return "(" + enter + join + kernel + ")", err
		}
		if _, err := strconv.Atoi(strings.Split(values, ",")[0]); err == nil {
			return traceeCompare("args."+arg, op, values, true)
		}
		return traceeCompare("shown."+arg, op, values, false)
	}
	if arg == "pathname" || arg == "file_path" || arg == "path" {
		return traceeCompare("path", op, values, false)
	}
	if v := names().byName[arg]; v != nil {
		return traceeCompare(arg, op, values, v.typ.String() == "int" || v.typ.String() == "uint")
	}
	return "", fmt.Errorf("%s has no field %s", format.Events[t.event].Name, arg)
}

// traceeCompare writes NAME OPERATOR VALUES; * at either end of a value stands for anything.
func traceeCompare(name, op, values string, number bool) (string, error) {
	var parts []string
	for _, v := range strings.Split(values, ",") {
		v = strings.Trim(strings.TrimSpace(v), `"'`)
		var c string
		switch {
		case number:
			if _, err := strconv.ParseInt(v, 0, 64); err != nil {
				return "", fmt.Errorf("%q is no number", v)
			}
			c = name + map[string]string{"=": " == ", "!=": " != "}[op] + v
			if op != "=" && op != "!=" {
				c = name + " " + op + " " + v
			}
		case op != "=" && op != "!=":
			return "", fmt.Errorf("%s compares numbers", op)
		default:
			head, tail := strings.HasPrefix(v, "*"), strings.HasSuffix(v, "*")
			body := strings.Trim(v, "*")
			if strings.Contains(body, "*") {
				return "", fmt.Errorf("* within a value")
			}
			verb := "=="
			switch {
			case head && tail:
				verb = "contains"
			case head:
				verb = "endsWith"
			case tail:
				verb = "startsWith"
			}
			c = name + " " + verb + " " + strconv.Quote(body)
			if op == "!=" {
				c = "not (" + c + ")"
			}
		}
		parts = append(parts, c)
	}
	join := " or "
	if op == "!=" {
		join = " and "
	}
	return "(" + strings.Join(parts, join) + ")", nil
}
