package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// completionAbout says where a shell looks for its completions.
var completionAbout = map[string]string{
	"bash": `Write what bash needs to complete tracerec's command line. It uses the package
bash-completion. For this shell:

  source <(tracerec completion bash)

For every new one:

  tracerec completion bash > /etc/bash_completion.d/tracerec`,
	"zsh": `Write what zsh needs to complete tracerec's command line. Completion must be
switched on in ~/.zshrc: autoload -U compinit; compinit. For this shell:

  source <(tracerec completion zsh)

For every new one:

  tracerec completion zsh > "${fpath[1]}/_tracerec"`,
	"fish": `Write what fish needs to complete tracerec's command line. For this shell:

  tracerec completion fish | source

For every new one:

  tracerec completion fish > ~/.config/fish/completions/tracerec.fish`,
	"powershell": `Write what PowerShell needs to complete tracerec's command line. For this shell:

  tracerec completion powershell | Out-String | Invoke-Expression

For every new one, add that to your profile.`,
}

// ourWords has the commands that cobra adds speak as the others do.
func ourWords(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Short, cmd.Long = "say how a verb is used", "Say how a verb is used, as VERB --help does."
			cmd.Use = "help [VERB]"
			cmd.Run = nil
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				of, rest, err := root.Find(args)
				if err != nil || len(rest) > 0 && of.HasSubCommands() {
					return fmt.Errorf("there is no verb %q: tracerec --help lists them", strings.Join(args, " "))
				}
				return of.Help()
			}
		case "completion":
			cmd.Short = "write what a shell needs to complete tracerec's command line"
			cmd.Long = cmd.Short + ": see the --help\nof each for where to put it."
			cmd.Long = strings.ToUpper(cmd.Long[:1]) + cmd.Long[1:]
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
				}
				return cmd.Help()
			}
			for _, shell := range cmd.Commands() {
				if about := completionAbout[shell.Name()]; about != "" {
					shell.Short, shell.Long = "write it for "+shell.Name(), about
				}
				if f := shell.Flags().Lookup("no-descriptions"); f != nil {
					f.Usage = "leave out what each word means"
				}
			}
		default:
			continue
		}
		cmd.GroupID = groupOf(cmd.Name())
	}
	root.SetUsageTemplate(strings.NewReplacer("Available Commands:", "Commands:", "Additional Commands:", "Others:").Replace(root.UsageTemplate()))
}
