using System.IO.Compression;
using System.Text;
using Orrery.Catalog;
using Orrery.Validation.Csv;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Csv;

public sealed class CsvReaderTests
{
    [Fact]
    public void Quotes_hold_commas_line_ends_and_quotes()
    {
        using CsvReader row = Open("a,b,c\r\n1,\"x, \"\"y\"\"\nz\",3\r\n,\"\",\n");

        row.Header.ShouldBe(["a", "b", "c"]);
        row.ReadRow().ShouldBeTrue();
        row[1].ToString().ShouldBe("x, \"y\"\nz");
        row[2].ToString().ShouldBe("3");
        row.RowLine.ShouldBe(2);
        row.ReadRow().ShouldBeTrue();
        row.RowLine.ShouldBe(4);
        row[1].IsEmpty.ShouldBeTrue();
        row.ReadRow().ShouldBeFalse();
        row.Diagnostics.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a,b\n1,2")]
    [InlineData("a,b\r1,2\r")]
    [InlineData("\uFEFFa,b\n\n1,2\n\n")]
    [InlineData("\"a\",\"b\"\n\"1\",\"2\"\n")]
    public void Line_ends_of_every_kind_read_the_same(string text)
    {
        using CsvReader row = Open(text.TrimStart('\uFEFF'));

        row.ReadRow().ShouldBeTrue();
        row[row.Column("b")].ToString().ShouldBe("2");
        row.ReadRow().ShouldBeFalse();
        row.HasErrors.ShouldBeFalse();
    }

    [Fact]
    public void A_broken_row_is_reported_where_it_breaks_and_the_next_is_read()
    {
        using CsvReader row = Open("a,b\n1\n1,x\"y\n\"q\"z,2\n3,4\n5,6,7\n");

        row.ReadRow().ShouldBeTrue();
        row[0].ToString().ShouldBe("3");
        row.ReadRow().ShouldBeFalse();
        row.Diagnostics.Select(found => (found.Line, found.Column, found.Code)).ShouldBe(
            [(2, 1, "ORR2204"), (3, 4, "ORR2203"), (4, 4, "ORR2203"), (6, 1, "ORR2204")]);
    }

    [Fact]
    public void A_quote_that_is_never_closed_ends_the_file_with_an_error()
    {
        using CsvReader row = Open("a,b\n1,2\n3,\"4\n5,6\n");

        row.ReadRow().ShouldBeTrue();
        row.ReadRow().ShouldBeFalse();
        Diagnostic only = row.Diagnostics.ShouldHaveSingleItem();
        (only.Line, only.Column).ShouldBe((3, 3));
    }

    [Fact]
    public void Wrong_cells_are_reported_where_they_stand()
    {
        using CsvReader row = Open("n,x,f\n1.5,nan,2\n2.0,1e3,1\n");

        row.ReadRow().ShouldBeTrue();
        row.Integer(0, 1).ShouldBeNull();
        row.Number(1, 0).ShouldBeNull();
        row.Flag(2).ShouldBeNull();
        row.Diagnostics.Select(found => (found.Line, found.Column)).ShouldBe([(2, 1), (2, 5), (2, 9)]);
        row.Diagnostics[0].ToString().ShouldBe("test.csv:2:1: error ORR2206: n is '1.5'; expected a whole number of at least 1");

        row.ReadRow().ShouldBeTrue();
        row.Integer(0, 1).ShouldBe(2);
        row.Number(1, 0).ShouldBe(1000);
        row.Flag(2).ShouldBe(true);
        row.MistakeCount.ShouldBe(3);
    }

    [Fact]
    public void A_missing_column_names_the_nearest()
    {
        using CsvReader row = Open("case_id,sorce_id\n");

        row.RequiredColumn("source_id").ShouldBe(-1);
        row.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("'sorce_id'");
    }

    [Fact]
    public void A_column_given_twice_is_an_error()
    {
        using CsvReader row = Open("a,a\n");
        row.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2207");
    }

    [Fact]
    public void Diagnostics_beyond_the_limit_are_counted()
    {
        using CsvReader row = Open("a,b\n" + string.Concat(Enumerable.Repeat("1\n", 500)));

        row.ReadRow().ShouldBeFalse();
        row.Diagnostics.Length.ShouldBe(CsvReader.MaximumDiagnostics + 1);
        row.Diagnostics[^1].Message.ShouldBe("400 more mistakes are not listed");
    }

    [Fact]
    public void A_row_longer_than_the_limit_is_an_error_and_the_next_is_read()
    {
        using CsvReader row = Open("a,b\n" + new string('x', CsvReader.MaximumRow + 10) + ",1\n1,2\n");

        row.ReadRow().ShouldBeTrue();
        row[1].ToString().ShouldBe("2");
        row.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2202");
    }

    [Fact]
    public void Gzip_is_recognised_by_its_bytes_and_damage_ends_it_with_an_error()
    {
        string text = "a,b\n" + string.Concat(Enumerable.Range(0, 20_000).Select(index => $"{index},{index * 7919 % 104729}\n"));
        byte[] packed = Pack(text);
        string path = Path.Combine(Path.GetTempPath(), $"orrery-csv-{Environment.ProcessId}.csv");
        try
        {
            File.WriteAllBytes(path, packed);
            CountRows(path).ShouldBe((20_000, 0));

            File.WriteAllBytes(path, packed[..(packed.Length / 2)]);
            (int rows, int mistakes) = CountRows(path);
            rows.ShouldBeInRange(100, 19_000);
            mistakes.ShouldBe(1);

            packed[packed.Length / 2] ^= 0x55;
            File.WriteAllBytes(path, packed);
            CountRows(path).Mistakes.ShouldBeGreaterThan(0);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("/no/such/file.csv")]
    [InlineData("/")]
    [InlineData("")]
    public void A_file_that_cannot_be_read_is_a_diagnostic(string path)
    {
        using CsvReader row = CsvReader.Open(path);

        row.ReadRow().ShouldBeFalse();
        row.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2201");
    }

    private static (int Rows, int Mistakes) CountRows(string path)
    {
        using CsvReader row = CsvReader.Open(path);
        int rows = 0;
        while (row.ReadRow())
            rows++;
        return (rows, row.MistakeCount);
    }

    private static byte[] Pack(string text)
    {
        using MemoryStream bytes = new();
        using (GZipStream zip = new(bytes, CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }

    private static CsvReader Open(string text) => CsvReader.Of(new StringReader(text), "test.csv");
}
