package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

func init() { verbs = append(verbs, newPolicy) }

func newPolicy() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "write and look at policies: rules over sequences of rows",
		Long: `Policy checks, lists and shows policies. They are YAML: what must happen, within which time and process tree, with
conditions over what a program showed and what the kernel used. docs/policies.md
is the reference. analyze --policy runs them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyCheck(), newPolicyList(), newPolicyShow(), newPolicyFields())
	return cmd
}

func newPolicyCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "say what is wrong in policies, with line and column",
		Long: `Check reads policies, ours and Tracee's, and reports every problem of every
file, in order, as FILE:LINE:COLUMN.

Exit codes: 0 no error, perhaps warnings, 2 errors.`,
		Example: `  tracerec policy check mine.yaml my-policies/`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, problems := policy.Load(args)
			out := cmd.OutOrStdout()
			for _, p := range problems {
				if _, err := fmt.Fprintln(out, show.Escape([]byte(p.String()))); err != nil {
					return err
				}
			}
			if problems.Err() != nil {
				return &exitError{code: exitUsage}
			}
			_, err := fmt.Fprintf(cmd.ErrOrStderr(), "tracerec: %s, %s\n",
				show.CountOf(uint64(len(set.Policies)), "policy", "policies"), show.Count(uint64(len(problems)), "warning"))
			return err
		},
	}
}

type jsonPolicy struct {
	Name     string   `json:"name"`
	Title    string   `json:"title,omitempty"`
	Severity string   `json:"severity"`
	MITRE    []string `json:"mitre"`
	Steps    int      `json:"steps"`
	Scope    string   `json:"scope,omitempty"`
	Within   string   `json:"within,omitempty"`
	Doc      string   `json:"doc,omitempty"`
}

func newPolicyList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [FILE...]",
		Short: "list policies: those that come with tracerec, or those of files",
		Long: `List names policies with their severity, title and MITRE ATT&CK ids: those that
come with tracerec, or those of files and directories. analyze --policy takes
such names.`,
		Example: `  tracerec policy list
  tracerec policy list --json my-policies/`,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := policiesOf(args)
			if err != nil {
				return err
			}
			var rows []listRow
			for _, p := range list {
				o := jsonPolicy{Name: p.Name, Title: p.Title, Severity: p.Severity.String(), MITRE: notNilStrings(p.MITRE), Steps: len(p.Steps), Doc: p.Doc}
				if len(p.Steps) > 1 {
					o.Scope, o.Within = p.Scope.String(), show.Duration(int64(p.Within))
				}
				rows = append(rows, listRow{object: o, name: p.Name, words: p.Severity.String(), doc: show.Escape([]byte(p.Title)) + mitreText(p.MITRE)})
			}
			return printList(cmd.OutOrStdout(), rows, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}

func mitreText(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return " (" + strings.Join(ids, ", ") + ")"
}

func notNilStrings(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func policiesOf(args []string) ([]*policy.Policy, error) {
	if len(args) == 0 {
		return policy.Shipped(), nil
	}
	set, problems := policy.Load(args)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return set.Policies, nil
}

func newPolicyShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "print a policy that comes with tracerec, to begin one's own with",
		Long: `Show prints a policy that comes with tracerec as it was written, to begin one's
own with. policy list has the names.`,
		Example: `  tracerec policy show reverse-shell >mine.yaml
  tracerec policy check mine.yaml`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return policy.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, ok := policy.Source(args[0])
			if !ok {
				return fmt.Errorf("no policy %q comes with tracerec%s: see tracerec policy list", args[0], format.Suggest(args[0], policy.Names()))
			}
			_, err := io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
}

func newPolicyFields() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "fields [PART]",
		Short: "list what conditions can name: every value, or those with PART in their name",
		Long: `Fields lists what conditions of policies can name, with its type: every value,
or those with PART in their name. docs/policies.md says how they are used.`,
		Example: `  tracerec policy fields
  tracerec policy fields kernel`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var rows []listRow
			for _, v := range policy.Values() {
				if len(args) == 0 || strings.Contains(v.Name, args[0]) {
					rows = append(rows, listRow{object: v, name: v.Name, words: v.Type, doc: v.Doc})
				}
			}
			if len(rows) == 0 {
				return fmt.Errorf("nothing that conditions can name has %q in its name", args[0])
			}
			return printList(cmd.OutOrStdout(), slices.Clip(rows), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}
