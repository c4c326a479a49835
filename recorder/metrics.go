//go:build linux

package recorder

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// listenMetrics opens where Prometheus may ask: "unix:PATH", or an address of
// loopback, since nothing protects it.
func listenMetrics(where string) (net.Listener, error) {
	if where == "" {
		return nil, nil
	}
	if path, ok := strings.CutPrefix(where, "unix:"); ok {
		c, err := openControl(path)
		if err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
		return c.l, nil
	}
	host, _, err := net.SplitHostPort(where)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("metrics on %q: give unix:PATH, or a loopback address like 127.0.0.1:9477: anybody who reaches it can read them", where)
	}
	l, err := net.Listen("tcp", where)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return l, nil
}

// serveMetrics answers until the listener is closed.
func (s *session) serveMetrics(l net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s.writeMetrics(w)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	server.Serve(l)
}

// writeMetrics is Prometheus' text format 0.0.4.
func (s *session) writeMetrics(w io.Writer) {
	done := s.out.written()
	one := func(name, kind, help string, value any) {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", name, help, name, kind, name, value)
	}
	one("tracerec_rows_total", "counter", "Rows written.", done.Rows)
	one("tracerec_lost_records_total", "counter", "Records that the kernel could not hand over, as far as it is written.", done.Lost)
	one("tracerec_written_bytes_total", "counter", "Bytes of all files, or of the ring.", done.Bytes)
	one("tracerec_files_total", "counter", "Files begun.", done.Files)
	one("tracerec_cpu_seconds_total", "counter", "CPU time of the recorder.", cpuTime().Seconds())
	one("tracerec_start_time_seconds", "gauge", "When the recording began.", float64(s.started.UnixMilli())/1e3)
	one("tracerec_resident_bytes", "gauge", "Memory of the recorder.", residentBytes())
	one("tracerec_failed", "gauge", "1 when a file could not be written.", boolVar(s.out.broken() != nil))
	calls := s.stats.byCall()
	for _, m := range []struct {
		name, help string
		value      func(c *CallStats) any
	}{
		{"tracerec_syscalls_total", "Calls recorded.", func(c *CallStats) any { return c.Calls }},
		{"tracerec_syscall_errors_total", "Calls that failed.", func(c *CallStats) any { return c.Errors }},
		{"tracerec_syscall_seconds_total", "Time in calls, waiting included.", func(c *CallStats) any { return c.Total.Seconds() }},
	} {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", m.name, m.help, m.name)
		for i := range calls {
			fmt.Fprintf(w, "%s{syscall=%q} %v\n", m.name, calls[i].Name, m.value(&calls[i]))
		}
	}
}

func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	var size, resident int64
	if err != nil {
		return 0
	}
	fmt.Sscan(string(text), &size, &resident)
	return resident * int64(unix.Getpagesize())
}
