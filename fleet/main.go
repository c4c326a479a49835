package fleet

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

const usage = `tracerec-fleet analyzes many hosts' recordings on Apache Beam, as tracerec analyze DIR does on one machine.

  tracerec-fleet --input DIR|GLOB|URL,… --output DIR|URL [flags] [Beam's flags]
  tracerec-fleet pool [--listen 127.0.0.1:50000]    processes for --environment_type EXTERNAL
  tracerec-fleet prism [--port 8073]                Beam's Prism as a server; it listens on every interface

Without a runner it works in this process (Prism). docs/fleet.md has the others.

`

type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	*l = append(*l, strings.Split(s, ",")...)
	return nil
}

// Beam reads the flags of workers off the command line too, so there is one set of flags.
var (
	inputs    list
	analyses  list
	policies  list
	output    = flag.String("output", "", "directory or URL to write to: s3://, gs://, azblob://, file://")
	overwrite = flag.Bool("overwrite", false, "write where something is already; what is not written anew stays")
	shards    = flag.Int("shards", 0, "cut the analysis into so many stages, which Prism works on at the same time, and in processes of a pool; 0: 4 on Prism, 1 elsewhere")
	attempts  = flag.Int("attempts", 3, "do the work again if it fails, at most so often in all")
	deadline  = flag.Duration("deadline", 0, "give up after this time; 0: never")
	verbose   = flag.Bool("verbose", false, "workers say on standard error what they have analyzed")
	listen    = flag.String("listen", "127.0.0.1:50000", "of pool: address")
	port      = flag.Int("port", 8073, "of prism: port")
)

func init() {
	flag.Var(&inputs, "input", "directories, globs in which ** is any directory, and URLs of them (comma-separated, or several times)")
	flag.Var(&analyses, "analyses", "only these analyses, by the names of tracerec analyze's flags (comma-separated)")
	flag.Var(&policies, "policy", "match these policies: files, directories, names, or shipped (comma-separated)")
}

// Main is the command. In a worker's process it does not return.
func Main() int {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	verb := ""
	if len(os.Args) > 1 && (os.Args[1] == "pool" || os.Args[1] == "prism") {
		verb = os.Args[1]
		os.Args = append(os.Args[:1:1], os.Args[2:]...)
	}
	flag.Parse()
	if !*verbose {
		beamlog.LogLevel = "warn"
	}
	if id := flag.Lookup("id").Value.String(); id != "" { // a worker, which Init does not return from
		if err := ownMetrics(id); err != nil {
			fmt.Fprintln(os.Stderr, "tracerec-fleet: "+err.Error())
			return 2
		}
	}
	beam.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case flag.NArg() > 0:
		err = fmt.Errorf("%q is no flag: files are given by --input", flag.Arg(0))
	case verb == "pool":
		err = poolMain(ctx, os.Stderr)
	case verb == "prism":
		err = prismMain(ctx, os.Stderr)
	default:
		err = runMain(ctx, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracerec-fleet: "+err.Error())
		return 2
	}
	return 0
}

func poolMain(ctx context.Context, talk io.Writer) error {
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintf(talk, "tracerec-fleet: pool at %s\n", l.Addr())
	return ServePool(ctx, l, []string{self}, talk)
}

func prismMain(ctx context.Context, talk io.Writer) error {
	if _, err := prism.CreateJobServer(ctx, prism.Options{Port: *port}); err != nil {
		return err
	}
	fmt.Fprintf(talk, "tracerec-fleet: prism at localhost:%d\n", *port)
	<-ctx.Done()
	return nil
}

func runMain(ctx context.Context, talk io.Writer) error {
	if len(inputs) == 0 || *output == "" {
		return errors.New("--input and --output are needed: see --help")
	}
	if *deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, *deadline, fmt.Errorf("not done after --deadline %v: is --environment_type what the runner can start?", *deadline))
		defer cancel()
		// Beam's client does not always listen to the context.
		stop := context.AfterFunc(ctx, func() {
			time.Sleep(10 * time.Second)
			fmt.Fprintln(talk, "tracerec-fleet:", context.Cause(ctx))
			os.Exit(2)
		})
		defer stop()
	}
	runner := *runners.Runner
	if runner == "" {
		runner = "prism"
	}
	o := Options{Inputs: inputs, Output: *output, Analyses: analyses, Shards: *shards, Verbose: *verbose}
	if o.Shards == 0 {
		o.Shards = 1
		if runner == "prism" {
			o.Shards = 4
		}
	}
	var err error
	if len(policies) > 0 {
		if o.Policies, err = LoadPolicies(policies); err != nil {
			return fmt.Errorf("--policy: %w", err)
		}
	}
	if empty, err := Output(o.Output).Empty(ctx); err != nil {
		return fmt.Errorf("--output: %w", err)
	} else if !empty && !*overwrite {
		return fmt.Errorf("--output: %s is not empty: choose another, or --overwrite", o.Output)
	}
	for _, in := range inputs { // before a cluster is bothered
		if _, err := List(ctx, in); err != nil {
			return fmt.Errorf("--input: %w", err)
		}
	}
	if err := Run(ctx, runner, o, *attempts, talk); err != nil {
		return err
	}
	fmt.Fprintf(talk, "tracerec-fleet: findings, coverage and fleet.jsonl are in %s\n", o.Output)
	return nil
}
