package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const shipDir = "../../docs/examples/ship/"

// TestShip: whole recordings are sent and deleted, others kept; what cannot be sent is kept.
func TestShip(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "there")
	whole, err := os.ReadFile("../../testdata/captures/open.trc")
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ship := func(to string, files ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", append([]string{shipDir + "ship.sh"}, files...)...)
		cmd.Env = append(os.Environ(), "SHIP_TO="+to) // tracerec is in the path of tests
		said, err := cmd.CombinedOutput()
		return string(said), err
	}
	there := func(p string) bool { _, err := os.Stat(p); return err == nil }

	good, bad, cut := put("a b.trc", whole), put("bad.trc", flipped), put("cut.trc", whole[:len(whole)-100])
	said, err := ship(out, bad, good, cut, filepath.Join(dir, "none*.trc"))
	if err == nil || !strings.Contains(said, "bad.trc is kept") || !strings.Contains(said, "cut.trc is kept") {
		t.Errorf("%v: %s", err, said)
	}
	if there(good) || !there(bad) || !there(cut) {
		t.Error("what is whole is deleted, the rest kept")
	}
	sent, _ := filepath.Glob(filepath.Join(out, "*", "*", "*"))
	if len(sent) != 1 || filepath.Base(sent[0]) != "a b.trc" {
		t.Fatalf("sent %q", sent)
	}
	if data, _ := os.ReadFile(sent[0]); !bytes.Equal(data, whole) {
		t.Error("other bytes arrived")
	}
	good = put("again.trc", whole)
	if said, err := ship("nowhere", good); err == nil || !there(good) {
		t.Errorf("no such place: %v, %s", err, said)
	}
	if said, err := ship(put("a file", nil), good); err == nil || !there(good) {
		t.Errorf("a place that is a file: %v, %s", err, said)
	}
	if said, err := ship(out, good); err != nil || there(good) || said != "" {
		t.Errorf("%v, %s", err, said)
	}
}

// TestShipUnits: systemd takes the units.
func TestShipUnits(t *testing.T) {
	need(t, "systemd-analyze")
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"tracerec-ship.path", "tracerec-ship.service"} {
		text, err := os.ReadFile(shipDir + name)
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, filepath.Join(dir, name))
		if err := os.WriteFile(units[len(units)-1], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestShipYAML: the examples are what their readers take, as far as that can be told here, and call record with flags
// that it has.
func TestShipYAML(t *testing.T) {
	read := func(name string, to any) {
		t.Helper()
		text, err := os.ReadFile(shipDir + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, to); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	flags := func(args []string) {
		t.Helper()
		if err := newRecord().ParseFlags(args); err != nil {
			t.Error(err)
		}
	}
	type container struct {
		Name         string
		Command      []string
		VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
	}
	var d struct {
		Kind string
		Spec struct {
			Selector struct{ MatchLabels map[string]string } `yaml:"selector"`
			Template struct {
				Metadata struct{ Labels map[string]string }
				Spec     struct {
					HostPID                    bool `yaml:"hostPID"`
					InitContainers, Containers []container
					Volumes                    []struct{ Name string }
				}
			}
		}
	}
	read("daemonset.yaml", &d)
	pod := d.Spec.Template.Spec
	if d.Kind != "DaemonSet" || !pod.HostPID || len(pod.Containers) != 2 || len(d.Spec.Template.Metadata.Labels) != 1 {
		t.Errorf("%+v", d)
	}
	for _, c := range pod.Containers {
		for _, m := range c.VolumeMounts {
			if m.Name != pod.Volumes[0].Name && m.Name != pod.Volumes[1].Name {
				t.Errorf("%s mounts %s, which is no volume", c.Name, m.Name)
			}
		}
	}
	flags(pod.Containers[0].Command[2:])

	var a struct {
		Name, Type string
		Tools      []struct{ Name string }
		Parameters []struct{ Name, Default string }
		Sources    []struct{ Query string }
	}
	read("velociraptor.yaml", &a)
	if a.Type != "CLIENT" || len(a.Tools) != 1 || len(a.Sources) != 1 {
		t.Fatalf("%+v", a)
	}
	query := a.Sources[0].Query
	for _, p := range a.Parameters {
		if !strings.Contains(query, p.Name) {
			t.Errorf("parameter %s is not used", p.Name)
		}
		if p.Name == "Conditions" && json.Unmarshal([]byte(p.Default), new([]string)) != nil {
			t.Errorf("default of %s: %s", p.Name, p.Default)
		}
	}
	var args []string
	for _, m := range regexp.MustCompile(`"(-[^"]+)"`).FindAllStringSubmatch(query[:strings.Index(query, "verify")], -1) {
		args = append(args, m[1], map[string]string{"--duration": "600s", "--max-size": "500MB", "-o": "x.trc"}[m[1]])
	}
	if len(args) != 6 {
		t.Errorf("arguments of record: %q", args)
	}
	flags(args)
}
