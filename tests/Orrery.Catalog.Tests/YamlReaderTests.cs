using System.Text;
using Orrery.Catalog.Yaml;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class YamlReaderTests
{
    private static (YamlNode? Root, IReadOnlyList<Diagnostic> Diagnostics) Read(string text)
    {
        DiagnosticList diagnostics = new("f.yaml");
        YamlNode? root = YamlReader.Read(text, diagnostics);
        return (root, diagnostics.InOrder());
    }

    [Fact]
    public void Every_scalar_knows_its_line_and_column()
    {
        (YamlNode? root, IReadOnlyList<Diagnostic> diagnostics) = Read("a: 1\nb:\n  - x\n  - {c: 'no', d: \"q\"}\n");
        diagnostics.ShouldBeEmpty();
        YamlMapping top = root.ShouldBeOfType<YamlMapping>();
        top.Entries[0].Value.ShouldBeOfType<YamlScalar>().Position.ShouldBe(new TextPosition(1, 4));
        YamlSequence list = top.Entries[1].Value.ShouldBeOfType<YamlSequence>();
        list.Items[0].Position.ShouldBe(new TextPosition(3, 5));
        YamlMapping inner = list.Items[1].ShouldBeOfType<YamlMapping>();
        inner.Entries[0].Key.Position.ShouldBe(new TextPosition(4, 6));
        inner.Entries[0].Value.Position.ShouldBe(new TextPosition(4, 9));
        inner.Entries[0].Value.ShouldBeOfType<YamlScalar>().IsPlain.ShouldBeFalse();
    }

    [Theory]
    [InlineData("a: [1, 2", "ORR0104", 1)]
    [InlineData("a: 1\nb: {c: 2\n", "ORR0104", 2)]
    [InlineData("a: \"open\n", "ORR0104", 1)]
    [InlineData("a: 1\n\tb: 2\n", "ORR0105", 2)]
    [InlineData("a: 1\nb:\n  \tc: 2\n", "ORR0105", 3)]
    [InlineData("a: *nobody\n", "ORR0106", 1)]
    [InlineData("a: &name 1\nb: 2\n", "ORR0106", 1)]
    [InlineData("a: !!int 1\n", "ORR0106", 1)]
    [InlineData("a: 1\nb: 2\na: 3\n", "ORR0107", 3)]
    [InlineData("a: 1\n---\nb: 2\n", "ORR0106", 2)]
    [InlineData("", "ORR0109", 1)]
    [InlineData("# only a comment\n", "ORR0109", 1)]
    [InlineData("? [a, b]\n: 1\n", "ORR0110", 1)]
    [InlineData("a: b: c\n", "ORR0104", 1)]
    [InlineData("a: \u0007\n", "ORR0104", 1)]
    public void Broken_text_is_a_diagnostic_with_a_place(string text, string code, int line)
    {
        (_, IReadOnlyList<Diagnostic> diagnostics) = Read(text);
        diagnostics.ShouldNotBeEmpty();
        diagnostics[0].Code.ShouldBe(code);
        diagnostics[0].Line.ShouldBe(line);
        diagnostics[0].Column.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Bytes_that_are_not_text_are_pointed_at()
    {
        DiagnosticList diagnostics = new("f.yaml");
        YamlReader.Read([.. "a: 1\nb: "u8, 0xff, (byte)'\n'], diagnostics).ShouldBeNull();
        diagnostics.InOrder().ShouldHaveSingleItem().ToString().ShouldBe("f.yaml:2:4: error ORR0103: this byte is not UTF-8 text");
    }

    [Fact]
    public void Deep_nesting_and_huge_files_are_refused_quickly()
    {
        Read(new string('[', 1_000_000)).Diagnostics[0].Code.ShouldBe("ORR0108");
        Read(string.Concat(Enumerable.Repeat("- ", 100_000)) + "x").Diagnostics[0].Code.ShouldBe("ORR0108");
        DiagnosticList diagnostics = new("f.yaml");
        YamlReader.Read(new byte[YamlReader.MaximumBytes + 1], diagnostics).ShouldBeNull();
        diagnostics.InOrder()[0].Code.ShouldBe("ORR0102");
        StringBuilder wide = new("a:\n");
        for (int index = 0; index < 250_000; index++)
        {
            wide.Append("- 1\n");
        }

        Read(wide.ToString()).Diagnostics[0].Code.ShouldBe("ORR0108");
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_diagnostics()
    {
        DiagnosticList diagnostics = new("nowhere.yaml");
        YamlReader.ReadFile(Path.Combine(Path.GetTempPath(), "orrery-no-such-file.yaml"), diagnostics).ShouldBeNull();
        YamlReader.ReadFile(Path.GetTempPath(), diagnostics).ShouldBeNull();
        diagnostics.InOrder().Select(one => one.ToString()).ShouldBe(
        [
            "nowhere.yaml: error ORR0101: there is no such file",
            "nowhere.yaml: error ORR0101: it is a folder",
        ]);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = new(20261120);
        const string Alphabet = "a:b -[]{}\n\n  '\"#&*!|>%@`,?\t\\0123.\u00e9";
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            if (round % 2 == 0)
            {
                random.NextBytes(bytes);
            }
            else
            {
                StringBuilder text = new();
                for (int index = 0; index < bytes.Length; index++)
                {
                    text.Append(Alphabet[random.Next(Alphabet.Length)]);
                }

                bytes = Encoding.UTF8.GetBytes(text.ToString());
            }

            DiagnosticList diagnostics = new("f.yaml");
            YamlNode? root = YamlReader.Read(bytes, diagnostics);
            (root is not null || diagnostics.HasErrors).ShouldBeTrue();
        }
    }
}
