using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

/// <summary>
/// Runs what the pages show. In a block marked <c>console</c>, a line that begins with <c>$ ./orrery</c> is a command, and the line after it,
/// where there is one, the first line it prints; <c>exit=N</c> beside the mark is its exit code when not 0.
/// </summary>
public sealed class ExamplesTests
{
    public static TheoryData<string> Pages()
    {
        TheoryData<string> pages = ["README.md", "examples/README.md"];
        foreach (string file in Directory.GetFiles(Repository.PathOf("docs"), "*.md").Order(StringComparer.Ordinal))
            pages.Add("docs/" + Path.GetFileName(file));
        return pages;
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Examples_run_and_print_what_the_page_says(string page)
    {
        foreach ((string line, string? first, int code) in Examples(File.ReadAllLines(Repository.PathOf(page))))
        {
            Command command = Command.Run(Words(line));
            command.Code.ShouldBe(code, $"{page}: ./orrery {line}\n{command.Error}");
            string printed = (code == ExitCode.WrongInput ? command.Error : command.Output).Split('\n')[0];
            printed.ShouldNotBeEmpty($"{page}: ./orrery {line}");
            if (first is not null)
                printed.ShouldBe(first, $"{page}: ./orrery {line}");
        }
    }

    private static List<(string Line, string? First, int Code)> Examples(string[] lines)
    {
        const string Prompt = "$ ./orrery";
        List<(string Line, string? First, int Code)> found = [];
        bool isConsole = false;
        int code = 0;
        for (int index = 0; index < lines.Length; index++)
        {
            string line = lines[index];
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isConsole = !isConsole && line.StartsWith("```console", StringComparison.Ordinal);
                int at = line.IndexOf("exit=", StringComparison.Ordinal);
                code = isConsole && at >= 0 ? line[at + 5] - '0' : 0;
            }
            else if (isConsole && line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                string next = lines[index + 1];
                bool hasOutput = !next.StartsWith("```", StringComparison.Ordinal) && !next.StartsWith('$');
                found.Add((line[Prompt.Length..], hasOutput ? next : null, code));
            }
        }

        return found;
    }

    /// <summary>Words of a command up to a comment; paths of the clone are made whole, since tests do not run in its root.</summary>
    private static string[] Words(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        string[] words = (comment < 0 ? line : line[..comment]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return [.. words.Select(word => word.StartsWith("examples/", StringComparison.Ordinal) || word.StartsWith("data/", StringComparison.Ordinal)
            ? Repository.PathOf(word)
            : word)];
    }
}
