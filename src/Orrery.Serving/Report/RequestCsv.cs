using System.Globalization;

namespace Orrery.Serving;

/// <summary>One line a request, in the order of the trace: lengths, and the instants at the device in seconds from the first arrival.</summary>
public static class RequestCsv
{
    /// <summary>Writes the table; instants that never came are blank.</summary>
    public static void Write(TextWriter output, RequestBook book)
    {
        output.WriteLine("request,input_tokens,output_tokens,arrival_s,first_token_s,last_token_s");
        for (int request = 0; request < book.Count; request++)
        {
            output.Write(request);
            output.Write(',');
            output.Write(book.Trace.Inputs[request]);
            output.Write(',');
            output.Write(book.Trace.Outputs[request]);
            Instant(output, book.Arrivals[request]);
            Instant(output, book.FirstTokens[request]);
            Instant(output, book.Finishes[request]);
            output.WriteLine();
        }
    }

    private static void Instant(TextWriter output, long ticks)
    {
        output.Write(',');
        if (ticks == RequestBook.Never)
            return;
        Span<char> text = stackalloc char[32];
        (ticks / RequestTrace.TicksPerSecond).TryFormat(text, out int length, "0.000000", CultureInfo.InvariantCulture);
        output.Write(text[..length]);
    }
}
