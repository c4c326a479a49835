package main

import (
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// openOne opens a recording of one host: FILE, or FILE@HOST of a file of several.
func openOne(path string) (*format.Reader, error) {
	r, err := format.Open(path)
	if err != nil {
		return nil, err
	}
	if err := r.OneHost(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// eachHost names the hosts of files that are of several: one analysis is of one host.
func eachHost(files []string) []string {
	var out []string
	for _, file := range files {
		hosts := 0
		if file != "-" { // can be read once only
			if r, err := format.Open(file); err == nil { // what it cannot read is said when it is analyzed
				hosts = len(r.Header().Hosts)
				r.Close()
			}
		}
		if hosts == 0 {
			out = append(out, file)
		}
		for n := range hosts {
			out = append(out, file+"@"+strconv.Itoa(n))
		}
	}
	return out
}

// addHosts sets the times of a file of several hosts, each of which has a
// clock of its own.
func (info *recordingInfo) addHosts(r *format.Reader) error {
	for n := range r.Header().Hosts {
		v, err := r.Host(n)
		if err != nil {
			return err
		}
		one, err := gatherInfo(v, "-")
		if err != nil {
			return err
		}
		if n == 0 || one.Begin.Before(info.Begin) {
			info.Begin = one.Begin
		}
		if n == 0 || one.End.After(info.End) {
			info.End = one.End
		}
	}
	info.Duration = int64(info.End.Sub(info.Begin))
	return nil
}
