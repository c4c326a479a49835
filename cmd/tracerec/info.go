package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

func init() { verbs = append(verbs, newInfo) }

func newInfo() *cobra.Command {
	var f infoFlags
	cmd := &cobra.Command{
		Use:   "info FILE...",
		Short: "say what a recording holds, how it was made and what it lacks",
		Long: `Info says of each file what it holds: times, rows by event and syscall, host,
kernel, command line, which witnesses were attached and why others were not, what
was lost, its hashes, and whether it is sealed. With --columns, how many bytes each
column takes.

Exit codes: 0 said, 2 usage, I/O, or a damaged file, of which is said what can be
read. Files behind one that cannot be read are told all the same.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var failed error
			if err := f.times.set(&f.show); err != nil {
				return err
			}
			if f.show.Time == show.TimeRel {
				return fmt.Errorf("--time rel: info says when a recording began: use utc, local or ns")
			}
			for i, path := range args {
				if i > 0 && !f.json {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := runInfo(cmd.OutOrStdout(), cmd.ErrOrStderr(), path, &f); err != nil {
					if len(args) == 1 {
						return err
					}
					fmt.Fprintln(cmd.ErrOrStderr(), "tracerec: "+err.Error())
					failed = &exitError{exitUsage, fmt.Errorf("not every file could be read in full")}
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "one JSON object a file, on one line")
	cmd.Flags().BoolVar(&f.columns, "columns", false, "how many bytes each column takes")
	cmd.Flags().IntVar(&f.top, "top", 10, "how many syscalls to list; 0 for all")
	f.times.register(cmd, "utc")
	cmd.Flags().Lookup("time").Usage = "times as utc, local or ns (since boot)"
	return cmd
}

type infoFlags struct {
	json, columns bool
	top           int
	times         timeFlags
	show          show.Options // how times are shown
}

// moment is a wall time of a recording as f has times shown.
func (f *infoFlags) moment(h *format.Header, t time.Time) string {
	o := f.show
	o.Clock = h.Clock
	boot := t.UnixNano() - h.Clock.Realtime + h.Clock.Boottime
	if o.Time == show.TimeNS {
		return o.Moment(boot) + " since boot"
	}
	return o.Date(boot, "2006-01-02 15:04:05.000")
}

// recordingInfo is what info knows of a file.
type recordingInfo struct {
	File       string            `json:"file"`
	Bytes      int64             `json:"bytes"`
	State      string            `json:"state"`
	Sealed     bool              `json:"sealed"`
	SHA256     string            `json:"sha256,omitempty"`     // of the whole file
	Hash       string            `json:"final_hash,omitempty"` // of a sealed file
	SignedBy   string            `json:"signed_by,omitempty"`  // the key that the file names; verify --key checks it
	Problem    string            `json:"problem,omitempty"`
	Header     *format.Header    `json:"header"`
	Totals     *format.Totals    `json:"totals,omitempty"`
	Begin      time.Time         `json:"begin"`
	End        time.Time         `json:"end"`
	Duration   int64             `json:"duration"`
	FirstCall  *time.Time        `json:"first_call,omitempty"` // when the first of the calls began
	LastCall   *time.Time        `json:"last_call,omitempty"`  // when the last returned
	Blocks     int               `json:"blocks"`
	Rows       uint64            `json:"rows"`
	Lost       uint64            `json:"lost"`              // records, as far as the readable part knows
	Missing    *uint64           `json:"missing,omitempty"` // rows that were written and cannot be read; only a sealed file knows
	Complete   bool              `json:"complete"`          // sealed, and all of it was read
	PerRow     float64           `json:"bytes_per_row"`
	Rate       float64           `json:"rows_per_second"`
	Drift      *int64            `json:"clock_drift,omitempty"` // ns by which the wall clock moved against the boot clock
	Columns    []columnSize      `json:"columns,omitempty"`
	Begins     *stateInfo        `json:"state_at_start,omitempty"` // what the recording, or all of a merged file, begin with
	States     []stateInfo       `json:"states,omitempty"`         // of each recording of several; state_at_start has their sum
	Unrecorded []unrecordedInfo  `json:"unrecorded,omitempty"`     // between them
	Users      map[uint32]string `json:"users,omitempty"`
	Groups     map[uint32]string `json:"groups,omitempty"`
	Hosts      map[uint32]string `json:"hosts,omitempty"` // by uts namespace
	Containers []containerInfo   `json:"containers,omitempty"`
	Events     []countOf         `json:"events"`
	Syscalls   []countOf         `json:"syscalls"`
	Damage     []string          `json:"damage,omitempty"`
	damage     *replay.Damage
}

type countOf struct {
	Name   string `json:"name"`
	Count  uint64 `json:"count"`
	Failed uint64 `json:"failed,omitempty"`
}

func runInfo(out, talk io.Writer, path string, f *infoFlags) error {
	r, err := format.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	read := watchReading(talk, r)
	whole, err := infoOf(out, r, path, f, read)
	if err != nil {
		return err
	}
	// Of a file of several hosts, each of them as if it were alone.
	for n := range r.Header().Hosts {
		host, err := r.Host(n)
		if err != nil {
			return err
		}
		if !f.json {
			fmt.Fprintln(out)
		}
		if _, err := infoOf(out, host, fmt.Sprintf("%s@%d", path, n), f, func() {}); err != nil {
			return err
		}
	}
	return tellState(talk, r, whole.damage)
}

// infoOf writes what is known of a file, or of one host's part of it.
func infoOf(out io.Writer, r *format.Reader, path string, f *infoFlags, read func()) (*recordingInfo, error) {
	info, err := gatherInfo(r, path)
	read()
	if err != nil {
		return nil, err
	}
	if f.columns {
		if err := info.addColumns(r); err != nil {
			return nil, err
		}
	}
	if top := f.top; top > 0 && len(info.Syscalls) > top && !f.json {
		rest := countOf{Name: show.Count(uint64(len(info.Syscalls)-top), "other")}
		for _, c := range info.Syscalls[top:] {
			rest.Count += c.Count
			rest.Failed += c.Failed
		}
		info.Syscalls = append(info.Syscalls[:top:top], rest)
	}
	if f.json {
		return info, writeJSON(out, "recording", info)
	}
	var text bytes.Buffer // one write, one error
	if err = info.print(&text, f); err == nil {
		_, err = out.Write(text.Bytes())
	}
	return info, err
}

// gatherInfo counts rows by event and syscall: five columns of the file.
func gatherInfo(r *format.Reader, path string) (*recordingInfo, error) {
	info := &recordingInfo{File: path, Header: r.Header(), Totals: r.Totals(), Lost: lostRecords(r)}
	info.Bytes = r.Size()
	if err := info.addHashes(r, path); err != nil {
		return nil, err
	}
	columns := []format.ColumnID{format.ColTime, format.ColEvent, format.ColABI, format.ColNR, format.ColRet, format.ColDuration}
	type call struct {
		abi format.ABI
		nr  int32
	}
	events, calls := map[format.EventID]*countOf{}, map[call]*countOf{}
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	firstCall, lastCall := first, last
	for b, err := range r.Blocks(format.ReadOptions{Columns: columns}) {
		if err != nil {
			info.addDamage(err)
			continue
		}
		info.Blocks++
		for i := range b.N {
			t := b.I64[format.ColTime][i]
			first = min(first, t)
			last = max(last, t+b.I64[format.ColDuration][i])
			info.Rows++
			id := format.EventID(b.U16[format.ColEvent][i])
			if events[id] == nil {
				events[id] = &countOf{Name: show.EventName(id)}
			}
			events[id].Count++
			if id != format.EventSyscall {
				continue
			}
			firstCall, lastCall = min(firstCall, t), max(lastCall, t+b.I64[format.ColDuration][i])
			key := call{format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i]}
			c := calls[key]
			if c == nil {
				c = &countOf{Name: show.Syscall(key.abi, key.nr)}
				if key.abi != show.For(r.Header()).ABI {
					c.Name = show.ABI(key.abi) + ":" + c.Name
				}
				calls[key] = c
			}
			c.Count++
			if ret := b.I64[format.ColRet][i]; ret < 0 && ret >= -4095 {
				c.Failed++
			}
		}
	}
	if !r.Several() {
		if err := info.addStart(r); err != nil {
			return nil, err
		}
	}
	for _, c := range events {
		info.Events = append(info.Events, *c)
	}
	for _, c := range calls {
		info.Syscalls = append(info.Syscalls, *c)
	}
	byCount := func(a, b countOf) int {
		if a.Count != b.Count {
			if a.Count > b.Count {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	}
	slices.SortFunc(info.Events, byCount)
	slices.SortFunc(info.Syscalls, byCount)

	clock := show.For(r.Header())
	begin, end := format.Extent(r.Header(), info.Totals, first, last)
	info.Begin, info.End, info.Duration = clock.Wall(begin).UTC(), clock.Wall(end).UTC(), end-begin
	if firstCall <= lastCall {
		from, to := clock.Wall(firstCall).UTC(), clock.Wall(lastCall).UTC()
		info.FirstCall, info.LastCall = &from, &to
	}
	if r.Several() {
		if err := info.addHosts(r); err != nil {
			return nil, err
		}
	}
	if info.Rows > 0 {
		info.PerRow = float64(info.Bytes) / float64(info.Rows)
	}
	if info.Duration > 0 {
		info.Rate = float64(info.Rows) / (float64(info.Duration) / 1e9)
	}
	if !r.Several() {
		info.Drift = clockDrift(r)
	}
	state, why := r.State()
	info.State, info.Sealed, info.Complete = state.String(), state == format.Sealed, state == format.Sealed && info.damage == nil
	if t := info.Totals; t != nil && !info.Complete && t.Rows >= info.Rows {
		missing := t.Rows - info.Rows
		info.Missing = &missing
	}
	if why != nil {
		info.Problem = show.Escape([]byte(why.Error()))
	}
	return info, nil
}

func (info *recordingInfo) addDamage(err error) {
	if info.damage == nil {
		info.damage = &replay.Damage{}
	}
	info.damage.Errs = append(info.damage.Errs, err)
	if len(info.Damage) < 100 {
		info.Damage = append(info.Damage, err.Error())
	}
}

func (info *recordingInfo) print(out io.Writer, f *infoFlags) error {
	h := info.Header
	line := func(name, value string) {
		for i, part := range wrap(value, 68) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(out, "%-9s  %s\n", name, part)
		}
	}
	esc := func(s string) string { return show.Escape([]byte(s)) }
	line("file", fmt.Sprintf("%s  %s, %s", esc(info.File), humanize.IBytes(uint64(info.Bytes)), info.State))
	if info.Problem != "" {
		line("", info.Problem)
	}
	if info.SHA256 != "" { // the standard input has none
		line("sha256", info.SHA256)
	}
	if info.Hash != "" {
		line("hash", info.Hash+", the final hash")
	}
	if info.SignedBy != "" {
		line("signed", "by "+info.SignedBy+" (verify --key checks it)")
	}
	if g := h.Segment; g != nil {
		line("segment", fmt.Sprintf("%d of recording %s", g.Number, esc(g.Recording)))
	}
	for _, o := range h.Origin {
		line("made by", originText(&o))
		for _, lost := range o.Lost {
			line("", "lost: "+esc(lost))
		}
	}
	if h.Env {
		line("environment", "recorded, of every execve")
	}
	if r := h.Redacted; r != nil {
		line("redacted", "what matches "+argvLine(r.Patterns)+"; key "+esc(r.Key))
	}
	if len(h.Hosts) > 0 {
		for n, one := range h.Hosts {
			line("host", fmt.Sprintf("@%d  %s, boot %s", n, esc(one.Host), esc(one.BootID)))
		}
	} else {
		known := func(s string) string {
			if s = strings.TrimSpace(s); s == "" {
				return "not known"
			}
			return esc(s)
		}
		line("host", known(h.Host))
		line("kernel", known(h.Kernel+" "+h.Machine+" "+h.KernelV))
	}
	line("begin", f.moment(h, info.Begin))
	line("end", fmt.Sprintf("%s, after %s", f.moment(h, info.End), show.Duration(info.Duration)))
	if why := replay.Extract(h); why != "" && info.FirstCall != nil {
		line("calls", fmt.Sprintf("from %s to %s; not every call is here: %s", f.moment(h, *info.FirstCall), f.moment(h, *info.LastCall), why))
	}
	if info.Drift != nil {
		line("clocks", "the wall clock moved "+show.Duration(*info.Drift)+" against the boot clock")
	}
	if t := info.Totals; t != nil {
		why := esc(t.Reason)
		if t.Exit != nil {
			why += fmt.Sprintf(", exit code %d", *t.Exit)
		}
		if why != "" {
			line("ended", why)
		}
	}
	if len(h.Command) > 0 {
		line("command", argvLine(h.Command))
	}
	if len(h.Hosts) == 0 {
		line("scope", scopeText(&h.Scope))
	}
	if h.Scope.Kind != "" {
		line("selected", selectionText(h.Selection))
	}
	line("recorder", strings.TrimSpace("tracerec "+esc(h.Recorder)+"  "+argvLine(h.Args)))
	line("rows", fmt.Sprintf("%s in %s, %.2f bytes each, %s/s", humanize.Comma(int64(info.Rows)), show.Count(uint64(info.Blocks), "block"), info.PerRow, humanize.Comma(int64(info.Rate))))
	line("lost", lostText(info))
	switch {
	case info.Missing != nil:
		line("missing", fmt.Sprintf("%s of %s cannot be read", show.Count(*info.Missing, "row"), humanize.Comma(int64(info.Totals.Rows))))
	case info.damage != nil:
		line("missing", "the rows of "+show.Count(uint64(len(info.damage.Errs)), "damaged part")+": how many is not known")
	}
	for _, file := range h.Unfinished() {
		line("missing", "what came after the end of "+esc(file)+", which was "+format.Unsealed.String())
	}
	if len(info.Unrecorded) > 0 {
		line("gaps", unrecordedText(info.Unrecorded))
	}
	const mostStates = 8
	switch n := len(info.States); {
	case info.Begins == nil:
	case n == 0:
		line("state", stateText(info.Begins))
	case n > mostStates:
		line("state", fmt.Sprintf("its %d recordings, all together: %s; --json has each", n, stateText(info.Begins)))
	default:
		for i, s := range info.States {
			line("state", fmt.Sprintf("recording %d of %d %s", i+1, n, stateText(&s)))
		}
	}
	for _, c := range info.Containers {
		line("container", c.text())
	}
	if len(h.Hosts) == 0 {
		line("users", usersText(info.Users))
	}

	fmt.Fprintln(out)
	writeCounts(out, "event", info.Events)
	if len(info.Syscalls) > 0 {
		fmt.Fprintln(out)
		writeCounts(out, "syscall", info.Syscalls)
	}
	if len(h.Manifest) > 0 {
		fmt.Fprintln(out)
		writeManifest(out, h.Manifest)
	}
	if len(info.Columns) > 0 {
		fmt.Fprintln(out)
		writeSizes(out, info.Columns, info.Rows)
	}
	return nil
}

func argvLine(args []string) string {
	var line []byte
	for i, a := range args {
		if i > 0 {
			line = append(line, ' ')
		}
		line = show.AppendWord(line, []byte(a))
	}
	return string(line)
}

// selectionText says what was recorded, and what of the table was not.
func selectionText(s *format.Selected) string {
	if s == nil {
		return "all"
	}
	text := show.Escape([]byte(s.Expr))
	if n := len(s.LeftOut); n > 0 {
		text += fmt.Sprintf("; left out: %s of the table, which --json names", show.Count(uint64(n), "name"))
	}
	if !s.Beyond {
		text += "; nor calls beyond the table"
	}
	return text
}

// lostText says how many records are lost, as far as the file knows.
func lostText(info *recordingInfo) string {
	if info.Lost == 0 && (!info.Complete || len(info.Header.Unfinished()) > 0) {
		return "nothing that the readable part knows of"
	}
	if info.Lost == 0 && len(info.Header.Missing()) > 0 {
		return "nothing beyond what was missing before"
	}
	if info.Lost == 0 {
		return "nothing"
	}
	text := show.Count(info.Lost, "record")
	if t := info.Totals; t != nil && t.Seen > 0 {
		text += fmt.Sprintf(" of %s (%.3g %%)", humanize.Comma(int64(t.Seen)), 100*float64(info.Lost)/float64(t.Seen))
	}
	if len(info.Header.Missing()) > 0 {
		text += ", with those in blocks that were damaged"
	}
	return text
}

func usersText(users map[uint32]string) string {
	if len(users) == 0 {
		return "not recorded"
	}
	ids := make([]uint32, 0, len(users))
	for id := range users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var parts []string
	for _, id := range ids {
		parts = append(parts, fmt.Sprintf("%s(%d)", show.Escape([]byte(users[id])), id))
	}
	return strings.Join(parts, " ")
}
