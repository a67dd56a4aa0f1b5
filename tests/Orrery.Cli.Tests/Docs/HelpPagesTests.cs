using Orrery.Cli.Verbs;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

public sealed class HelpPagesTests
{
    [Fact]
    public void Pages_hold_the_help_that_verbs_print()
    {
        foreach (string verb in VerbTable.Names)
        {
            Command command = Command.Run(verb, "--help");
            GeneratedBlock.ShouldHold(PageOf(verb), $"help {verb}", $"```text\n{command.Output}```");
        }
    }

    [Fact]
    public void Pages_name_the_schema_of_their_verb()
    {
        foreach (string verb in VerbTable.Names)
            File.ReadAllText(Repository.PathOf(PageOf(verb))).ShouldContain($"`{VerbTable.Find(verb)!.Schema}`");
    }

    private static string PageOf(string verb) => $"docs/{(verb is "list" or "show" or "doctor" ? "catalog" : verb)}.md";
}
