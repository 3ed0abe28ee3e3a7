-- numerator ÷ denominator; NULL where the denominator is 0 or NULL, as every rate of the reporting tables is.
CREATE MACRO pardot_marts.safe_divide(numerator, denominator) AS
    CAST(numerator AS DOUBLE) / nullif(denominator, 0);

-- Unique opens ÷ delivered. Add up both before dividing: open_rate(sum(unique_opens), sum(delivered)).
CREATE MACRO pardot_marts.open_rate(unique_opens, delivered) AS
    CAST(unique_opens AS DOUBLE) / nullif(delivered, 0);

-- Clicks ÷ delivered. Add up both before dividing.
CREATE MACRO pardot_marts.ctr(clicks, delivered) AS
    CAST(clicks AS DOUBLE) / nullif(delivered, 0);

-- Unique clicks ÷ delivered. Add up both before dividing.
CREATE MACRO pardot_marts.unique_ctr(unique_clicks, delivered) AS
    CAST(unique_clicks AS DOUBLE) / nullif(delivered, 0);

-- Unique clicks ÷ unique opens, the click-to-open rate. Add up both before dividing.
CREATE MACRO pardot_marts.ctor(unique_clicks, unique_opens) AS
    CAST(unique_clicks AS DOUBLE) / nullif(unique_opens, 0);

-- Delivered ÷ sent. Add up both before dividing.
CREATE MACRO pardot_marts.delivery_rate(delivered, sent) AS
    CAST(delivered AS DOUBLE) / nullif(sent, 0);

-- Those who went on ÷ those who could. Add up both before dividing; a person in two rows counts twice.
CREATE MACRO pardot_marts.conversion_rate(converted, reached) AS
    CAST(converted AS DOUBLE) / nullif(reached, 0);
