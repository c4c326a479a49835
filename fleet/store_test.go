package fleet

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// TestStore: objects are listed, read by ranges, fetched and written through gocloud, here of files.
func TestStore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	data, err := os.ReadFile("../testdata/captures/exec.trc")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/one.trc", "a/b/two.trc", "a/b/not.txt", "c d/three.trc"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url := "file://" + dir
	for pattern, want := range map[string][]string{
		url:                        {"/a/b/two.trc", "/a/one.trc", "/c%20d/three.trc"},
		url + "/a":                 {"/a/b/two.trc", "/a/one.trc"},
		url + "/**/t*.trc":         {"/a/b/two.trc", "/c%20d/three.trc"},
		url + "/*/*.trc":           {"/a/one.trc", "/c%20d/three.trc"},
		url + "/{a,x}/[o]ne.trc":   {"/a/one.trc"},
		url + "/c%20d/three.trc":   {"/c%20d/three.trc"},
		url + "/a/b?metadata=skip": {"/a/b/two.trc"},
	} {
		got, err := List(ctx, pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		for i := range got {
			got[i] = strings.TrimPrefix(name(got[i]), url)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	if _, err := List(ctx, url+"/*/*.nothing"); err == nil {
		t.Error("a pattern that is of nothing is no error")
	}
	if _, err := List(ctx, dir+"/mistyped"); err == nil {
		t.Error("a directory that is not there is no error")
	}

	at := url + "/c%20d/three.trc"
	in, err := openRemote(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	r, err := format.NewReader(in, in.size)
	if err != nil || r.Header().Host != "vm" {
		t.Errorf("read by ranges: %v", err)
	}
	path, done, err := fetch(ctx, at)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != string(data) {
		t.Error("fetched other bytes")
	}
	if err := done(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("what was fetched is left")
	}
	var fault *accessError
	if _, _, err := identify(ctx, url+"/a/none.trc"); err == nil || errors.As(err, &fault) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, _, err := identify(ctx, url+"/a/b/not.txt?unheard-of=1"); err == nil {
		t.Error("a wrong query is no error")
	}

	out := Output("file://" + dir + "/out")
	if empty, err := out.Empty(ctx); err != nil || !empty {
		t.Errorf("empty: %v, %v", empty, err)
	}
	if err := out.Write(ctx, "x/host=%2E./y.jsonl", func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err }); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := out.Write(ctx, "x/half", func(w io.Writer) error { io.WriteString(w, "hello"); return broken }); !errors.Is(err, broken) {
		t.Errorf("an error of what fills: %v", err)
	}
	if got := files(t, filepath.Join(dir, "out")); len(got) != 1 || got["x/host=%2E./y.jsonl"] != "hello" {
		t.Errorf("wrote %q", got)
	}
	if empty, err := out.Empty(ctx); err != nil || empty {
		t.Errorf("empty: %v, %v", empty, err)
	}
}

// TestSpread: sums do not depend on order or grouping.
func TestSpread(t *testing.T) {
	var all []spread
	for i, host := range []string{"d", "a", "c", "b", "j", "i", "h", "g", "f", "e"} {
		key, s := perHost(seenKey("executable", "/bin/x\x00\xff", host), seen{int64(i + 1), int64(i / 2)})
		if string(key) != "\x01/bin/x\x00\xff" || s.FirstHost != host {
			t.Fatalf("%q %+v", key, s)
		}
		all = append(all, s)
	}
	sum := func(list []spread) spread {
		s := list[0]
		for _, x := range list[1:] {
			s = addSpread(s, x)
		}
		return s
	}
	want := sum(all)
	if want.Hosts != 10 || want.Count != 55 || want.First != 0 || want.FirstHost != "a" || strings.Join(want.On, "") != "abcdefgh" {
		t.Errorf("%+v", want)
	}
	slices.Reverse(all)
	for i := 1; i < len(all); i++ {
		if got := addSpread(sum(all[:i]), sum(all[i:])); got.Count != 55 || got.FirstHost != "a" || !slices.Equal(got.On, want.On) {
			t.Errorf("%+v", got)
		}
	}
}
